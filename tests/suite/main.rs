//! The one test binary: every file beside this one is a chapter of it.

mod house;
