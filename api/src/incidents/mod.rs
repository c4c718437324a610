pub use routes::routes;

mod routes;
