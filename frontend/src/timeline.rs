//! One room's history as far as it is loaded, the rows it is drawn as, and which of them are drawn.
//! Pure: knows neither the network nor the document.

mod arrivals;
mod rows;
mod viewport;
mod window;

pub use arrivals::Arrivals;
pub use rows::{Delivery, Divider, PendingMessage, Row, RowContent, RowKey, Said, Text, rows};
pub use viewport::{Align, Viewport};
pub use window::{Entry, Loaded, Timeline};
