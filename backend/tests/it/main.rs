//! Every promise over real sockets, in one binary.

mod support;
mod contract;
mod crash;
mod permissions;
mod store_contract;
mod store_sqlite;
mod layers;
mod protocol_doc;
