//! The table of forms (contract: the members of `XCreds-Input`; `XCreds-Output` shows which are masked).

use super::Kind::{Choice, Number, Secret, Text, Url};
use super::{Field, Form};

const ACCESS_TOKEN: Field = Field::masked("access_token", "Access token", Secret);
const ACCOUNT_ID: Field = Field::masked("account_id", "Account id", Text);
const API_KEY: Field = Field::masked("api_key", "API key", Secret);
const AUTH_CODE: Field = Field::masked("auth_code", "Authorization code", Secret);
const CARRIER: Field = Field::open("carrier_identifier", "Carrier identifier", Text);
const CARRIER_TYPE: Field =
    Field::open("carrier_identifier_type", "Kind of carrier identifier", Choice(crate::codes::CARRIER_IDENTIFIER_TYPES));
const CLIENT_ID: Field = Field::open("client_id", "Client id", Text);
const CLIENT_SECRET: Field = Field::masked("client_secret", "Client secret", Secret);
const COMPANY_ID: Field = Field::masked("company_id", "Company id", Text);
const DATABASE: Field = Field::open("database", "Database", Text);
const DOT_NUMBER: Field = Field::open("dot_number", "USDOT number", Text);
const DRIVER: Field = Field::open("drivername", "Database driver", Choice(crate::codes::DATABASE_DRIVERS));
const HOST: Field = Field::masked("host", "Host", Text);
const PASSWORD: Field = Field::masked("password", "Password", Secret);
const PORT: Field = Field::open("port", "Port", Number);
const PRIVATE_KEY: Field = Field::masked("private_key", "Private key", Secret);
const PROVIDER_TOKEN: Field = Field::masked("provider_token", "Provider token", Secret);
const REDIRECT_URI: Field = Field::open("redirect_uri", "Redirect URI", Url);
const REFRESH_TOKEN: Field = Field::masked("refresh_token", "Refresh token", Secret);
const REST_PASSWORD: Field = Field::masked("rest_password", "REST password", Secret);
const REST_USERNAME: Field = Field::masked("rest_username", "REST user name", Text);
const SCOPE: Field = Field::open("scope", "Scope", Text);
const SECRET_KEY: Field = Field::masked("secret_key", "Secret key", Secret);
const TOKEN: Field = Field::masked("token", "Token", Secret);
const TOKEN_URL: Field = Field::open("token_url", "Token URL", Url);
const URL: Field = Field::open("url", "URL", Url);
const USERNAME: Field = Field::masked("username", "User name", Text);
const USER_ID: Field = Field::open("user_id", "User id", Text);

#[rustfmt::skip]
pub(super) static FORMS: &[Form] = &[
    Form::new("access_token", "AccessTokenCreds", &[
        ACCESS_TOKEN, Field::open("token_type", "Token type", Text).optional(),
        Field::open("expires_in", "Lifetime in seconds", Number).optional(),
        REFRESH_TOKEN.optional(), SCOPE.optional(), USER_ID.optional(), ACCOUNT_ID.optional(), HOST.optional(),
    ]),
    Form::new("api_auth", "ApiAuthCreds", &[USERNAME, PASSWORD, API_KEY]),
    Form::new("api_basic", "ApiBasicCreds", &[USERNAME, PASSWORD, URL.optional(), AUTH_CODE.optional(), HOST.optional()]),
    Form::new("api_key", "ApiKeyCreds", &[API_KEY, URL.optional(), USER_ID.optional()]),
    Form::new("azuga_slc", "AzugaSLC", &[API_KEY, TOKEN]),
    Form::new("bouncie", "BouncieCreds", &[AUTH_CODE, REDIRECT_URI, CLIENT_ID.optional(), CLIENT_SECRET.optional()]),
    Form::new("client_id_secret", "ClientIdSecretCreds", &[CLIENT_ID, CLIENT_SECRET, URL.optional(), ACCOUNT_ID.optional()]),
    Form::new("company_access", "CompanyAccessCreds", &[USERNAME, PASSWORD, COMPANY_ID]),
    Form::new("company_id", "CompanyIdCreds", &[COMPANY_ID]),
    Form::new("database", "DatabaseCreds", &[DRIVER, HOST, PORT, USERNAME, PASSWORD, DATABASE]),
    Form::one("ez_lynk", "EZLynkCreds", &[CARRIER, CARRIER_TYPE]),
    Form::new("ez_lynk_access", "EZLynkAccessCreds", &[ACCESS_TOKEN, CARRIER, CARRIER_TYPE]),
    Form::one("ezlogz", "EzlogzCreds", &[
        Field::open("app_id", "App id", Text), Field::masked("app_key", "App key", Secret),
        Field::masked("client_key", "Client key", Secret),
    ]),
    Form::new("factor_eld", "FactorEldCreds", &[USERNAME, PASSWORD, API_KEY]),
    Form::new("fleetup", "FleetupCreds", &[ACCOUNT_ID, SECRET_KEY, API_KEY]),
    Form::new("fleetup_slc", "FleetupSLC", &[ACCOUNT_ID, API_KEY, TOKEN]),
    Form::new("geotab", "GeotabCreds", &[
        USERNAME, PASSWORD, DATABASE, Field::open("session_id", "Session id", Text).optional(),
    ]),
    Form::new("isaac", "IsaacCreds", &[USERNAME, PASSWORD, AUTH_CODE, HOST]),
    Form::new("motive", "MotiveCreds", &[CLIENT_ID, CLIENT_SECRET, AUTH_CODE, REDIRECT_URI]),
    Form::new("oauth1", "OAuth1Creds", &[
        CLIENT_ID, CLIENT_SECRET, Field::open("resource_owner_id", "Resource owner id", Text),
        Field::masked("resource_owner_secret", "Resource owner secret", Secret),
        Field::open("signature_method", "Signature method", Text), Field::open("realm", "Realm", Text), URL,
    ]),
    Form::new("oauth2", "OAuth2Creds", &[
        CLIENT_ID, CLIENT_SECRET, SCOPE.optional(), REFRESH_TOKEN.optional(), TOKEN_URL, URL,
    ]),
    Form::new("oauth2_initiate", "OAuth2InitiateCreds", &[
        Field::masked("code", "Authorization code", Secret), Field::open("grant_type", "Grant type", Text).optional(),
        TOKEN_URL.optional(), REDIRECT_URI.optional(),
    ]),
    Form::new("oauth2_private_key", "OAuth2PrivateKeyCreds", &[CLIENT_ID, PRIVATE_KEY, SCOPE.optional(), TOKEN_URL, URL]),
    Form::new("ontime", "OntimeEldCreds", &[API_KEY, PROVIDER_TOKEN, DOT_NUMBER]),
    Form::new("private_key", "PrivateKeyCreds", &[
        PRIVATE_KEY, Field::masked("consumer_key", "Consumer key", Secret), USERNAME, URL.optional(), TOKEN_URL.optional(),
    ]),
    Form::new("s3", "S3Creds", &[
        Field::open("access_key", "Access key", Text), SECRET_KEY, Field::open("bucket_name", "Bucket", Text),
        Field::open("region", "Region", Text),
    ]),
    Form::new("samsara", "SamsaraCreds", &[CLIENT_ID, CLIENT_SECRET, AUTH_CODE]),
    Form::new("switchboard", "SwitchBoardCreds", &[Field::open("api_id", "API id", Text), API_KEY]),
    Form::new("spireon_slc", "SpireonSLC", &[ACCESS_TOKEN, AUTH_CODE]),
    Form::new("sftp", "SftpCreds", &[HOST, PORT.or(22), USERNAME, PASSWORD]),
    Form::new("token", "TokenCreds", &[TOKEN, URL.optional()]),
    Form::new("tt_creds", "TTCreds", &[API_KEY, PROVIDER_TOKEN, DOT_NUMBER]),
    Form::new("truckx_creds", "TruckXCreds", &[DOT_NUMBER, TOKEN]),
    Form::new("truckx_slc", "TruckXSLC", &[TOKEN, Field::open("carrier_id", "Carrier id", Text)]),
    Form::new("verizon_connect", "VerizonConnectCreds", &[
        USERNAME, PASSWORD, REST_USERNAME.optional(), REST_PASSWORD.optional(),
    ]),
    Form::new("verizon_connect_slc", "VerizonConnectSLC", &[
        ACCESS_TOKEN, USERNAME, PASSWORD, REST_USERNAME, REST_PASSWORD,
        Field::masked("tk_auth", "Token authorization", Secret).optional(),
    ]),
];
