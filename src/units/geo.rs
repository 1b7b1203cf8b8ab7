//! Positions. Pure.

use serde::{Deserialize, Serialize};

/// A position in degrees (WGS 84), kept in 1e-5 degrees (about 1 m), so that it is exact, small and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LatLon {
    pub lat_e5: i32,
    pub lon_e5: i32,
}

impl LatLon {
    /// `None` off Earth, not finite, at (0, 0) or at (−1, −1): the last two are what broken sources send.
    #[must_use]
    pub fn new(lat: f64, lon: f64) -> Option<Self> {
        let on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
        // Exactly these are what broken sources send; a hair beside them is a place in the sea.
        let broken = [0.0, -1.0].iter().any(|v: &f64| lat.total_cmp(v).is_eq() && lon.total_cmp(v).is_eq())
            || (lat.to_bits() << 1 == 0 && lon.to_bits() << 1 == 0);
        (on_earth && !broken).then(|| Self { lat_e5: (lat * 1e5).round() as i32, lon_e5: (lon * 1e5).round() as i32 })
    }

    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e5) / 1e5
    }

    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e5) / 1e5
    }

    /// Metres on an equirectangular Earth: right to 0.5 % below 100 km, which is all that is asked of it.
    #[must_use]
    pub fn metres_to(self, other: Self) -> f64 {
        const METRES_PER_DEGREE: f64 = 111_195.0;
        let mean_lat = (self.lat() + other.lat()).to_radians() / 2.0;
        let north = self.lat() - other.lat();
        let east = (self.lon() - other.lon()) * mean_lat.cos();
        north.hypot(east) * METRES_PER_DEGREE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_positions_are_refused() {
        for (lat, lon) in [(0.0, 0.0), (-1.0, -1.0), (91.0, 0.0), (45.0, 181.0), (f64::NAN, 1.0)] {
            assert_eq!(LatLon::new(lat, lon), None, "{lat},{lon}");
        }
    }

    #[test]
    fn a_hundredth_of_a_degree_of_latitude_is_1112_metres() {
        let (a, b) = (LatLon::new(45.76, 4.84).unwrap(), LatLon::new(45.77, 4.84).unwrap());
        assert!((a.metres_to(b) - 1112.0).abs() < 1.0);
    }
}
