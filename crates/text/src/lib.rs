//! Transcripts to tokens: normalisation, lexicons, phone sets, token tables
