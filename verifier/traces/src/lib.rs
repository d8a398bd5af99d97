//! The traces of every level: where engine and machine meet.
