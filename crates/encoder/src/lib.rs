//! Attention encoders under a CTC head, on candle
