//! Every promise over real sockets, in one binary.

mod support;
mod contract;
mod crash;
mod permissions;
mod store_contract;
mod store_search;
mod store_sqlite;
mod backup;
mod command;
mod layers;
mod lifetime;
mod protocol_doc;
mod operations_doc;
mod raw;
mod config;
mod http_accounts;
mod http_api;
mod http_auth;
mod http_limits;
mod http_origin;
mod http_search;
mod openapi;
mod assets;
mod tls;
mod words;
mod websocket;
