//! Two RSA keys for these tests only.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey};

use crate::{Jwk, JwkSet};

const PRIVATE: [&str; 2] = [
    "MIIEpAIBAAKCAQEAvjOWgpzA1HXiUhAg2529Paz5rsr+VaHNwPhGvFrP98a2I3nIjBpDC7UPwbZuO1glyrpoIn9jppqGtjvrx7I3wr3RXDg8\
     1vFfNXJsUiCDG4CSd5T4Hk7yuyTEHvrmrNk+kx8lkmvErveKqdSzIXqaU09tC6M/7BS31HEHwNVxHX4jQGwMeKeVLgvJ7brKepd7F9nvNwtu\
     kU3V/zwjUDBeeQXlWqU12B0r9scXxpN7cNahhC32HDLIq/3YZbDnJzi5nXcCOgv6PE+Tj8Hlh+ssxjUdYgodVDFBICK/o6so0oNhh+ayTA32\
     dZEmTPfulioW93hD7Qlb3cdaJQkRE2TFzQIDAQABAoIBAAfqLCXaJ+3Y/1zt8sjiXvNZbRg6HL+YYj0MAWxWaBSPgyYY3xpLZni7sfPo53Xj\
     Ov4qAYOiYu88iDhxmzDKzv/oBIJupnargfKx3mWQskjIJSNb3Ay6bGasU6S8lct7P87nkYy7nNCxS6a52EyfZjTrMQzpeaAiLZMl//SLigk4\
     Boyy7VU9TJG2VbhUrEEYV9/JmzhSHIO1V3tz/mvzsBoToU5xmivWuqXpn4A6B7R9VNhADuMNHnQZUDvc52De/P2+KHJiKERkiAZrFgtOA32z\
     Q3r4+gXqrz+FdHJ3FJ7PDUH0uzHScSdqycrWp0f/eSbbuvWK3yHEC2SdbGQ8HjECgYEA+wYUVXh5NamBiDfSoHfTdg8+a5QWphZ5eqt6oWaS\
     u7w6Csh273mWU7YXFxHkCTpQqH7Q0PnSpel9zCimTlib693gg062AzAvtI5rvYYdctxh5q/EU5ILXLfedF7sNdTykYJxhXCbKCJnPEaiFCX2\
     C4GCA8hMOfUUUmpargDawXECgYEAwfjXesHsRx6fwmzEnw1SW+YbaGu70tr55+6ivmANQKVOitzt6TBsCVREWbDUOy3oQcz/sW7N/hBftzGS\
     T8JVJ9VXsA++RQVugBoOcBAt4OpZrRejcFZs/kqo3GG1CHgaR7+LMU08PbYRG55xs/JHnx8WCc3gjppvy1m/opp8nB0CgYARBoeIiIRIFHgZ\
     oheiFJ5+CmikaUXj+/A/VrQZkFhxbUHOi2wtr+R3Rwln4inCSndABmHpWphj8mM63qLw+2eP5tucbFFCBBmoOGSsVRVYPgRR3igFtwkYP8xR\
     vkJtIEVXgy5p64pKfZLc7rl9flmizCTiVsp8v9eiA16lIJ+1sQKBgQCK2llV9O/w0UlH4pi1ytGEG6rPCx//BuYSU0+IvDWAa1VYLmLYpOMR\
     opLzKZQjcO9r+xWmrE0lbA84knHMSq6uvxfwXrSzr/m0FfLz4YEWGmxrbhp/Vj7bohJTAFaZY3BcoA9CEann+ycwADIgwHTowVYDWq8/JeqV\
     RP/bpH9DOQKBgQC85H2Ub5sZRJykFHxcxhAK2cJGlTRJzTf0b/4PgZGVE5MmMcNC5EvpRazX94dcg53hi0O3LCNz2uA6x/sRcXMv/GuZiG34\
     myFor1KygyKelM9vflIi1EqWRitc4P89OhyTbY7BMPtff7wGQtl5MrxZqZgI3g+7hsGrQjJdOwL0gQ==",
    "MIIEowIBAAKCAQEAkK2SWU3gFbFvksb42rpoJanf/9z8t3qLOqNXK6Xf0yhrUatT5A3tUH3QiKhxAeAaqcCwNZgG3HlGYOy48dFEyz9Yadh+\
     /utixGrklpqWcnxbqC9BnB7GlA5qykNBJ7NffArpfWxak9UOrr1M+GDAPN2zAItdXu/NZLU+uzBwhz7Jg7Ps2tyXgvybhVFqjWqYUr2WnuTV\
     bB3yN7RzdIM6vJ4KMLbmaF4spDyXG9D4E7xwnVM9PV+jtYjY6dsRuWPdkpkXve1Djv1opC8XoXX7r3hZ265SeTweoucSvpAIeRW4YtMrs0ly\
     8TSJUYCUNIVpzbedkkSM4r/Y/4U0zgPK+QIDAQABAoIBABfAn1fRDLqTBG3VA9MpKmMQlil0Fvtqf4Qzf+K3G12X87KXTbERxkXiOgPNn6v+\
     pnH7JBLQcEPvFypfgueUg1ZZAoNyGztv2qnDoN7G529JUmT0yTE/7jsteMPXMdG6RbFgO0Avs1k07/GpO4NFoxn7DeHHf59QAGkJxpBF3hud\
     6HkmR9lxadqzs9WUSvd6wbmvG0LR+3oajH5FAz8dHwKeOEXb+LoA9NmPKdhQKRpc33PWgcmlM+CyvaHSQ+W4DA2sWOb9IvSnbvAsi44+okMi\
     as84j7CT4osqUN1FUbva/hklEN3poUbxlH9WpTTkCQNCQ+wPCCdRm2EKxYtw6+cCgYEAzJYvjbkOugZfLVxLqbF6oLzN7inMnRaZKKKEYKgj\
     dAjKE2FQKAxydX3SaM6XgGN8qQYRE01CMEIS1ovYaQ0ZkLI/0eiFMsPEm4ij7lYqMSNKDkVPawNgfSbZaPKX53lZIjX0erWC7XQcqTSOLwZc\
     7an2Gq4GklA8QZvENZ9m8+8CgYEAtQk934mC4vfigBTd6TekUxUyVso4TDkPzqShFuZMtxCXVJaN4YOCAca1GF15lF7LbLuIH7onJWOHXscI\
     6UVsPw8v/YHMF6azzvX8ot58ivFVCxryryOjwxpQvB2A1MAY21ByxDFVtvPPvJeYk2vGrKuVRqPiIg9rstTNaiZnp5cCgYEAj2LDOWT1+VL1\
     6ejB7tDAzV8GRWFuUrq/5Ubh2Ix/LJfsaODPOQJgRhBFI8eHTyhq+luSJCEFvqTQZyXkKtxPiqYjLI72q7mhVhDSM/yX3ZCKGq5hFvNq8MwF\
     nBRKeqUF34BJNKd6d8nlPIHlFPg0sS1pmxFU8b7iPGlbfumVUmkCgYAFR2K1fPYDFkVVhMY/wa6Z+ZlBLJ5doqBSXzyPRWHhSKuQ/N7gP4xv\
     7tJjBn7AE8+MuR8sBaqUjYVp/xXEb5DLee7lTn6cBfFiTIv0V9Z72rOnIj8HWluxGbhW8+lIyt0ur/bYv7OHJS7eifEaA1+Es3Aj4i163sY+\
     LbRbrwkAuwKBgHP7nYAZl2ExDA+hM9Xwwel1cOVR9TjfcRA36xcWWiHlP//4iW/JJmgt6zk/i1h190DC2PkX5M/WgIhU4/PciLNf0+Y83jvw\
     valQaaRgguTQuHeJIndl6vkAL3tr5zsvfnViGs/jhmnxA0yl5/JbiPKijyq5RGhFnatbxhUz4xr9",
];

const PUBLIC: [&str; 2] = [
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvjOWgpzA1HXiUhAg2529Paz5rsr+VaHNwPhGvFrP98a2I3nIjBpDC7UPwbZuO1gl\
     yrpoIn9jppqGtjvrx7I3wr3RXDg81vFfNXJsUiCDG4CSd5T4Hk7yuyTEHvrmrNk+kx8lkmvErveKqdSzIXqaU09tC6M/7BS31HEHwNVxHX4j\
     QGwMeKeVLgvJ7brKepd7F9nvNwtukU3V/zwjUDBeeQXlWqU12B0r9scXxpN7cNahhC32HDLIq/3YZbDnJzi5nXcCOgv6PE+Tj8Hlh+ssxjUd\
     YgodVDFBICK/o6so0oNhh+ayTA32dZEmTPfulioW93hD7Qlb3cdaJQkRE2TFzQIDAQAB",
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAkK2SWU3gFbFvksb42rpoJanf/9z8t3qLOqNXK6Xf0yhrUatT5A3tUH3QiKhxAeAa\
     qcCwNZgG3HlGYOy48dFEyz9Yadh+/utixGrklpqWcnxbqC9BnB7GlA5qykNBJ7NffArpfWxak9UOrr1M+GDAPN2zAItdXu/NZLU+uzBwhz7J\
     g7Ps2tyXgvybhVFqjWqYUr2WnuTVbB3yN7RzdIM6vJ4KMLbmaF4spDyXG9D4E7xwnVM9PV+jtYjY6dsRuWPdkpkXve1Djv1opC8XoXX7r3hZ\
     265SeTweoucSvpAIeRW4YtMrs0ly8TSJUYCUNIVpzbedkkSM4r/Y/4U0zgPK+QIDAQAB",
];

/// A key's DER, as returned by KMS.
pub(crate) fn public(index: usize) -> Vec<u8> {
    STANDARD.decode(PUBLIC[index]).unwrap()
}

/// The published set with both keys.
pub(crate) fn set() -> JwkSet {
    JwkSet { keys: vec![Jwk::from_spki(&public(0)).unwrap(), Jwk::from_spki(&public(1)).unwrap()] }
}

/// The signature part of a token.
pub(crate) fn sign(index: usize, unsigned: &str) -> String {
    let key = EncodingKey::from_rsa_der(&STANDARD.decode(PRIVATE[index]).unwrap());
    jsonwebtoken::crypto::sign(unsigned.as_bytes(), &key, Algorithm::RS256).unwrap()
}
