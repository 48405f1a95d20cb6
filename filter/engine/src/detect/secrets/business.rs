//! Keys of payment, mail, marketing, social and office services, as their vendors' pages show them.

tokens! {
    "stripe_key", "Stripe secret or restricted key", "STRIPE_KEY",
        ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"], "a10-255";
    "stripe_webhook_secret", "Stripe or Svix webhook signing secret", "WEBHOOK_SECRET", ["whsec_"], "q32-80";
    "paypal_braintree_token", "Braintree access token", "BRAINTREE_TOKEN",
        ["access_token$production$", "access_token$sandbox$"], "l16 '$' h32";
    "square_access_token", "Square access token", "SQUARE_TOKEN", ["sq0atp-"], "w22";
    "square_oauth_secret", "Square OAuth secret", "SQUARE_SECRET", ["sq0csp-"], "w43";
    "square_token", "Square personal access token", "SQUARE_TOKEN", ["EAAA"], "w58-64";
    "plaid_token", "Plaid access token", "PLAID_TOKEN",
        ["access-sandbox-", "access-development-", "access-production-"], "uuid";
    "razorpay_key", "Razorpay key", "RAZORPAY_KEY", ["rzp_live_", "rzp_test_"], "a14";
    "flutterwave_key", "Flutterwave secret key", "FLUTTERWAVE_KEY", ["FLWSECK-", "FLWSECK_TEST-"], "x32 '-X' | h12 | l32 '-X'";
    "easypost_key", "EasyPost API key", "EASYPOST_KEY", ["EZAK", "EZTK"], "a54";
    "shippo_token", "Shippo API token", "SHIPPO_TOKEN", ["shippo_live_", "shippo_test_"], "x40";
    "lob_key", "Lob API key", "LOB_KEY", ["live_", "test_"], "h35";
    "gocardless_token", "GoCardless access token", "GOCARDLESS_TOKEN", ["live_", "sandbox_"], "w40";
    "duffel_token", "Duffel access token", "DUFFEL_TOKEN", ["duffel_live_", "duffel_test_"], "w43";
    "paddle_key", "Paddle API key", "PADDLE_KEY", ["pdl_live_apikey_", "pdl_sdbx_apikey_"], "l26 '_' a22 '_' a3";
    "polar_token", "Polar access token", "POLAR_TOKEN", ["polar_oat_", "polar_pat_"], "a40-50";
    "shopify_token", "Shopify token", "SHOPIFY_TOKEN", ["shpat_", "shpss_", "shpca_", "shppa_", "shptka_"], "x32";
    "sendgrid_key", "SendGrid API key", "SENDGRID_KEY", ["SG."], "w16-32 '.' w40-64";
    "mailgun_key", "Mailgun API key", "MAILGUN_KEY", ["key-", "pubkey-"], "h32";
    "mailchimp_key", "Mailchimp API key", "MAILCHIMP_KEY", ["-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9"],
        "[h32] d0-1";
    "mandrill_key", "Mandrill API key", "MANDRILL_KEY", ["md-"], "w22";
    "brevo_key", "Brevo API or SMTP key", "BREVO_KEY", ["xkeysib-", "xsmtpsib-"], "h64 '-' a16";
    "resend_key", "Resend API key", "RESEND_KEY", ["re_"], "a8 '_' a24 | a8 '_' a20-28";
    "mailersend_token", "MailerSend API token", "MAILERSEND_TOKEN", ["mlsn."], "h64";
    "klaviyo_key", "Klaviyo private key", "KLAVIYO_KEY", ["pk_"], "h34";
    "intercom_token", "Intercom access token", "INTERCOM_TOKEN", ["dG9rO"], "b51-60 '=' | b51-60";
    "hubspot_token", "HubSpot private app token", "HUBSPOT_TOKEN", ["pat-na1-", "pat-na2-", "pat-eu1-", "pat-ap1-"], "uuid";
    "salesforce_token", "Salesforce session or access token", "SALESFORCE_TOKEN", ["00D"], "a12-15 '!' p80-200";
    "salesforce_refresh_token", "Salesforce refresh token", "SALESFORCE_TOKEN", ["5Aep861", "5AEP861"], "p60-110";
    "facebook_token", "Facebook access token", "FACEBOOK_TOKEN", ["EAAC", "EAAB", "EAAG", "EAAM", "EAAD", "EAAE", "EAAF", "EAAH", "EAAI", "EAAJ", "EAAK", "EAAL", "EAAN", "EAAO", "EAAP", "EAAQ", "EAAR", "EAAS", "EAAT", "EAAU", "EAAV", "EAAW", "EAAX", "EAAY", "EAAZ"], "a80-300";
    "instagram_token", "Instagram access token", "INSTAGRAM_TOKEN", ["IGQV", "IGAA", "IGQW"], "w80-250";
    "twitter_bearer_token", "X (Twitter) bearer token", "TWITTER_TOKEN", ["AAAAAAAAAAAAAAAAAAAAA"], "%60-130";
    "twilio_key", "Twilio API key", "TWILIO_KEY", ["SK0", "SK1", "SK2", "SK3", "SK4", "SK5", "SK6", "SK7", "SK8", "SK9", "SKa", "SKb", "SKc", "SKd", "SKe", "SKf"], "h31";
    "telnyx_key", "Telnyx API key", "TELNYX_KEY", ["KEY0", "KEY1"], "u31 '_' w22 | a31 '_' w22";
    "adobe_client_secret", "Adobe client secret", "ADOBE_SECRET", ["p8e-", "p8u-", "p8-"], "w32 | a32";
    "stytch_secret", "Stytch secret", "STYTCH_SECRET", ["secret-live-", "secret-test-"], "w36 '='";
    "deepl_key", "DeepL API key", "DEEPL_KEY", [":fx"], "[g36]";
    "zoho_token", "Zoho OAuth token", "ZOHO_TOKEN", ["1000."], "h32 '.' h32 | x32 '.' x32";
    "cal_com_key", "Cal.com API key", "CAL_KEY", ["cal_live_", "cal_test_"], "h32";
    "dropbox_token", "Dropbox access token", "DROPBOX_TOKEN", ["sl.u.", "sl.B", "sl.A", "sl.C"], "w120+";
    "recaptcha_key", "reCAPTCHA key", "RECAPTCHA_KEY", ["6Lc", "6Ld", "6Le", "6Lf"], "w5 'AAAAA' w27";
    "hcaptcha_secret", "hCaptcha secret", "HCAPTCHA_SECRET", ["ES_"], "h32";
    "retool_token", "Retool API token", "RETOOL_TOKEN", ["retool_"], "a20-40";
    "mollie_key", "Mollie API key", "MOLLIE_KEY", ["live_", "test_"], "a30";
    "courier_key", "Courier API key", "COURIER_KEY", ["pk_prod_", "pk_test_"], "u28";
    "freemius_key", "Freemius secret key", "FREEMIUS_KEY", ["sk_"], "w29";
    "pagarme_key", "Pagar.me API key", "PAGARME_KEY", ["ak_live_", "ak_test_"], "a30-34";
    "fleetbase_key", "Fleetbase API key", "FLEETBASE_KEY", ["flb_live_", "flb_test_"], "a20";
    "xendit_key", "Xendit secret key", "XENDIT_KEY", ["xnd_production_", "xnd_development_"], "w40-70";
    "cloudinary_url", "Cloudinary URL with its secret", "CLOUDINARY_SECRET", ["cloudinary://"], "d12-18 ':' w25-35";
    "ntfy_token", "ntfy access token", "NTFY_TOKEN", ["tk_"], "l29";
    "aikido_secret", "Aikido client secret", "AIKIDO_SECRET", ["AIK_"], "a10-20 '_' a40+";
    "mercury_token", "Mercury API token", "MERCURY_TOKEN", ["secret-token:mercury_production_"], "w20-60";
    "rfc8959_token", "Token in the secret-token scheme of RFC 8959", "TOKEN", ["secret-token:"], "p20-200";
}
