//! telematics
