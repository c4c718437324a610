pub mod roll;
