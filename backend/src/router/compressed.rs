//! Answers are compressed for whoever can read them so: JSON that is whole and not short. What stays
//! open never comes by here, so that nothing of it is held back, nor do the page's files, which have
//! their compressed forms already.

use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Below it there is little to win.
const LEAST: u64 = 1024;
/// Of either way: beyond it they take longer and save nothing to speak of.
const LEVEL: CompressionLevel = CompressionLevel::Precise(3);

type IsJson = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

pub(super) fn layer() -> CompressionLayer<And<SizeAbove, IsJson>> {
    CompressionLayer::new()
        .quality(LEVEL)
        .compress_when(SizeAbove::new(LEAST).and::<IsJson>(is_json))
}

fn is_json(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|of| of == "application/json")
}
