//! The frame of Linnet's HTML pages. A [`Page`] is one file that loads nothing from a network: its style and script are
//! in it. All pages share colours (light and dark), a `main` landmark and a layout that is legible at 400 pixels.
//! [`escape`] makes text of anything; [`address`] links a file near the page; [`scrolling`] makes room for wide tables.

mod escape;
mod frame;
mod link;
mod scrolling;

pub use escape::escape;
pub use frame::Page;
pub use link::{address, plays};
pub use scrolling::scrolling;
