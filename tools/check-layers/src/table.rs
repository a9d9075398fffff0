//! Who may use whom: the one place where the layers are written down.

/// What one crate may use.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The crate.
    pub(crate) name: &'static str,
    /// Crates of this workspace that it may depend on.
    pub(crate) may_use: &'static [&'static str],
    /// Whether it may depend on candle.
    pub(crate) candle: bool,
}

const fn layer(name: &'static str, may_use: &'static [&'static str], candle: bool) -> Layer {
    Layer { name, may_use, candle }
}

const NO: bool = false;
const CANDLE: bool = true;

/// From the stages that know nothing of each other up to the binary.
pub(crate) const LAYERS: &[Layer] = &[
    layer("linnet-audio", &[], NO),
    layer("linnet-frontend", &[], NO),
    layer("linnet-text", &[], NO),
    layer("linnet-score", &[], NO),
    layer("linnet-ctc", &["linnet-text"], NO),
    layer("linnet-encoder", &[], CANDLE),
    layer("linnet-corpus", &["linnet-audio", "linnet-frontend", "linnet-text"], NO),
    layer(
        "linnet",
        &["linnet-audio", "linnet-frontend", "linnet-text", "linnet-encoder", "linnet-ctc"],
        CANDLE,
    ),
    layer(
        "linnet-train",
        &[
            "linnet-corpus",
            "linnet",
            "linnet-frontend",
            "linnet-text",
            "linnet-encoder",
            "linnet-ctc",
            "linnet-score",
        ],
        CANDLE,
    ),
    layer(
        "linnet-study",
        &["linnet-corpus", "linnet-train", "linnet", "linnet-text", "linnet-ctc", "linnet-score"],
        NO,
    ),
    layer(
        "linnet-cli",
        &[
            "linnet-audio",
            "linnet-frontend",
            "linnet-text",
            "linnet-score",
            "linnet-ctc",
            "linnet-encoder",
            "linnet-corpus",
            "linnet",
            "linnet-train",
            "linnet-study",
        ],
        NO,
    ),
    layer("check-layers", &[], NO),
    layer("make-wsj-discs", &[], NO),
    layer(
        "linnet-bench",
        &[
            "linnet-frontend",
            "linnet-text",
            "linnet-score",
            "linnet-ctc",
            "linnet-corpus",
            "linnet-encoder",
            "linnet-train",
        ],
        CANDLE,
    ),
    layer("linnet-copy-task", &["linnet-text", "linnet-encoder", "linnet-train", "linnet-study"], CANDLE),
];
