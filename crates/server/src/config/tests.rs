use super::*;
use figment::Jail;
use florin_ledger::{Amount, AssetCode, Scale};
use secrecy::ExposeSecret;

/// No flags.
#[derive(Serialize)]
struct NoFlags {}

#[derive(Serialize)]
struct PoolSize {
    pool_size: usize,
}

/// Runs in an empty folder with an environment of its own.
#[expect(clippy::result_large_err, reason = "the jail's signature")]
fn in_a_jail(test: impl FnOnce(&mut Jail)) {
    Jail::expect_with(|jail| {
        jail.clear_env();
        test(jail);
        Ok(())
    });
}

#[test]
fn the_documented_defaults_are_the_defaults() {
    in_a_jail(|_| {
        let settings = Settings::load(None, NoFlags {}).unwrap();
        assert_eq!(settings.listen, "127.0.0.1:3000".parse().unwrap());
        assert_eq!(settings.embedded_store(), Some(Path::new("./florin-data")));
        assert_eq!(settings.request_timeout, Duration::from_secs(10));
        assert_eq!(settings.pool_size, 50);
        assert_eq!(settings.lock_timeout, Duration::from_secs(5));
        assert_eq!(settings.statement_timeout, Duration::from_secs(10));
        assert_eq!(settings.access_token_lifetime, Duration::from_mins(15));
        assert_eq!(settings.refresh_token_lifetime, Duration::from_hours(30 * 24));
        assert_eq!(settings.log_format, LogFormat::Auto);
        assert!(settings.signing_key.is_none() && !settings.production);
    });
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    in_a_jail(|jail| {
        let pool_size = |flags: bool| {
            let settings = if flags {
                Settings::load(None, PoolSize { pool_size: 8 })
            } else {
                Settings::load(None, NoFlags {})
            };
            settings.unwrap().pool_size
        };
        assert_eq!(pool_size(false), 50);
        jail.create_file(FILE_NAME, "pool_size = 6").unwrap();
        assert_eq!(pool_size(false), 6);
        jail.set_env("FLORIN_POOL_SIZE", "7");
        assert_eq!(pool_size(false), 7);
        assert_eq!(pool_size(true), 8);
    });
}

#[test]
fn an_unknown_name_in_the_file_is_an_error_that_names_it() {
    in_a_jail(|jail| {
        jail.create_file(FILE_NAME, "pol_size = 6").unwrap();
        let error = Settings::load(None, NoFlags {}).unwrap_err().to_string();
        assert!(error.contains("`pol_size`") && error.contains(FILE_NAME), "{error}");
    });
}

#[test]
fn unknown_names_in_the_environment_are_not_florins() {
    in_a_jail(|jail| {
        jail.set_env("FLORIN_SERVICE_HOST", "10.0.0.1");
        Settings::load(None, NoFlags {}).unwrap();
    });
}

#[test]
fn the_named_file_must_be_there_and_takes_the_place_of_the_usual_one() {
    in_a_jail(|jail| {
        let other = Path::new("other.toml");
        let error = Settings::load(Some(other), NoFlags {}).unwrap_err().to_string();
        assert!(error.contains("other.toml"), "{error}");
        jail.create_file(FILE_NAME, "pool_size = 6").unwrap();
        jail.create_file("other.toml", "connections_max = 9").unwrap();
        let settings = Settings::load(Some(other), NoFlags {}).unwrap();
        assert_eq!((settings.pool_size, settings.connections_max), (50, 9));
    });
}

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
    let cases = [
        ("pool_size = 4", "pool_size"),
        ("pool_size = -1", "pool_size"),
        ("requests_max = 0", "requests_max"),
        ("connections_max = 0", "connections_max"),
        ("event_streams_max = 0", "event_streams_max"),
        ("batch_commands_max = 0", "batch_commands_max"),
        ("queue_commands_max = 10", "queue_commands_max"),
        ("lock_timeout = \"0s\"", "lock_timeout"),
        ("lock_timeout = \"-5s\"", "lock_timeout"),
        ("lock_timeout = 5", "lock_timeout"),
        ("lock_timeout = \"soon\"", "lock_timeout"),
        ("listen = \"here\"", "listen"),
        ("log_format = \"xml\"", "log_format"),
        ("token_issuer = \"\"", "token_issuer"),
        ("oidc_issuer = \"http://issuer.example\"", "oidc_issuer"),
        ("oidc_issuer = \"florin\"", "oidc_issuer"),
        ("oidc_issuer = \"https://issuer.example\"", "oidc_audience"),
        ("oidc_jwks_url = \"file:///etc/passwd\"", "oidc_jwks_url"),
        ("rate_limit_person = \"many\"", "rate_limit_person"),
        ("rate_limit_person = 600", "rate_limit_person"),
        ("rate_limit_person = \"0 per 1m\"", "rate_limit_person"),
        ("rate_limit_person = \"600 per 0s\"", "rate_limit_person"),
        ("rate_limit_person = \"600 per 100ms\"", "rate_limit_person"),
        ("rate_limit_person = \"600 per 2d\"", "rate_limit_person"),
        ("rate_limit_person = \"2000000 per 1m\"", "rate_limit_person"),
        ("trusted_proxies = [\"here\"]", "trusted_proxies"),
        ("payout_approval_from = \"100\"", "payout_approval_from"),
        ("payout_approval_from = { usd = \"100\" }", "payout_approval_from"),
        ("payout_approval_from = { USD = 100 }", "payout_approval_from"),
        ("payout_approval_from = { USD = \"many\" }", "payout_approval_from"),
        ("payout_compensation_window = \"0s\"", "payout_compensation_window"),
        ("listen = ", "TOML"),
    ];
    for (text, named) in cases {
        in_a_jail(|jail| {
            jail.create_file(FILE_NAME, text).unwrap();
            let error = Settings::load(None, NoFlags {}).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        });
    }
}

#[test]
fn times_are_read_as_people_write_them() {
    let cases =
        [("250ms", 250), ("10s", 10_000), ("1m 30s", 90_000), ("12h", 43_200_000), ("2d", 172_800_000)];
    for (text, milliseconds) in cases {
        in_a_jail(|jail| {
            jail.set_env("FLORIN_REQUEST_TIMEOUT", text);
            let settings = Settings::load(None, NoFlags {}).unwrap();
            assert_eq!(settings.request_timeout, Duration::from_millis(milliseconds), "{text}");
        });
    }
}

#[test]
fn limits_are_read_as_people_write_them() {
    for (text, expected) in [("0", None), ("600 per 1m", Some((600, 60))), ("5 per 1h 30m", Some((5, 5400)))]
    {
        in_a_jail(|jail| {
            jail.set_env("FLORIN_RATE_LIMIT_PERSON", text);
            let quota = Settings::load(None, NoFlags {}).unwrap().rate_limit_person;
            assert_eq!(quota.map(|quota| (quota.requests, quota.window.as_secs())), expected, "{text}");
        });
    }
}

#[test]
fn trusted_proxies_are_networks_in_the_environment_too() {
    in_a_jail(|jail| {
        assert!(Settings::load(None, NoFlags {}).unwrap().trusted_proxies.is_empty());
        jail.set_env("FLORIN_TRUSTED_PROXIES", r#"["10.0.0.0/8", "2001:db8::/32"]"#);
        assert_eq!(Settings::load(None, NoFlags {}).unwrap().trusted_proxies.len(), 2);
    });
}

#[test]
fn totals_that_need_approval_are_read_as_people_write_them() {
    let usd = AssetCode::parse("USD").unwrap();
    let covers = || {
        let from = Settings::load(None, NoFlags {}).unwrap().payout_approval_from;
        ["999.99", "1000.00"].map(|total| {
            let scale = Scale::new(2).unwrap();
            from.covers(usd, Amount::parse(total, scale).unwrap(), scale)
        })
    };
    in_a_jail(|jail| {
        assert_eq!(covers(), [false, false], "by default nobody needs to agree");
        jail.create_file(FILE_NAME, "payout_approval_from = { USD = \"1000\", GOLD = \"0\" }").unwrap();
        assert_eq!(covers(), [false, true]);
        jail.set_env("FLORIN_PAYOUT_APPROVAL_FROM", r#"{USD="999.99"}"#);
        assert_eq!(covers(), [true, true]);
    });
}

#[test]
fn a_database_url_takes_the_place_of_the_embedded_store_and_is_never_printed() {
    in_a_jail(|jail| {
        jail.set_env("FLORIN_DATABASE_URL", "postgres://florin:florence@localhost/florin");
        jail.set_env(
            "FLORIN_SIGNING_KEY",
            "-----BEGIN PRIVATE KEY-----\nflorence\n-----END PRIVATE KEY-----\n",
        );
        let settings = Settings::load(None, NoFlags {}).unwrap();
        assert_eq!(settings.embedded_store(), None);
        let key = settings.signing_key.clone().unwrap();
        assert!(key.expose_secret().contains("\nflorence\n"));
        assert!(!format!("{settings:?}").contains("florence"));
    });
}
