//! The engine that runs commands in batches, the jobs beside it, and outbound HTTP.
