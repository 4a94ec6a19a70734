//! One room's history as far as it is loaded, the rows it is drawn as, and which of them are drawn.
//! Pure: knows neither the network nor the document.

mod arrivals;
mod column;
mod drawn;
mod opening;
mod reading;
mod rows;
mod seen;
mod viewport;
mod window;

pub use arrivals::Arrivals;
pub use column::Heights;
pub use drawn::Pace;
pub use opening::{LATEST, Next, first_page, next_page, page_around, renewed};
pub use reading::Reading;
pub use rows::{
    Deed, Delivery, Divider, Pending, PendingDeed, PendingMessage, Quote, Reader, Reference, Row,
    RowContent, RowKey, Said, Text, rows, words,
};
pub use seen::place_seen;
pub use viewport::{Align, Viewport};
pub use window::{Entry, Loaded, Page, Timeline};
