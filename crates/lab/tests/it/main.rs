//! What of the lab needs a real PostgreSQL to be shown.

mod proxy;
