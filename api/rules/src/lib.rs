pub mod incidents;
