//! Audio files and streams to f32 samples
