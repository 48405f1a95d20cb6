//! Keys without a prefix whose issuers give them one length and alphabet: a row names the words for the issuer and the
//! shape. The text must name the issuer, then give something of that shape to a name or call it a key.

use std::ops::Range;

use super::super::probe::{Hit, Probe};
use super::random::{is_key, is_placeholder};
use super::shape::{end_at, starts};

/// A key that is told by its issuer's name and its shape.
#[derive(Debug)]
pub(in super::super) struct Keyed {
    /// Words for the issuer, in lower case. Each has at least three bytes.
    pub words: &'static [&'static str],
    /// What the whole key looks like, in the notation of [`super::shape`].
    pub shape: &'static str,
}

/// How far behind the issuer's name its key may stand, in bytes.
const MAX_REACH_BYTES: usize = 64;

impl Keyed {
    /// Reads the key behind `anchor`, on the same line.
    pub fn read(&self, probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
        // A capital inside a name begins a word; a small letter does not.
        let first = probe.byte(anchor.start)?;
        if first.is_ascii_lowercase()
            && probe.byte_before(anchor.start).is_some_and(|b| b.is_ascii_alphabetic())
        {
            return None;
        }
        let limit = probe.long_run(anchor.end, MAX_REACH_BYTES, |b| b != b'\n' && b.is_ascii());
        let between = probe.text(anchor.end..limit).as_bytes();
        let mut last = b'a';
        for (step, byte) in between.iter().enumerate() {
            let (at, before) = (anchor.end + step, std::mem::replace(&mut last, *byte));
            let begins = byte.is_ascii_alphanumeric() && b" =:\"'`>(,/?&".contains(&before);
            let Some(end) = begins.then(|| end_at(probe, at, self.shape)).flatten() else { continue };
            let value = probe.text(at..end);
            let said = between.get(..step).unwrap_or_default();
            if starts(probe, at) && is_key(value) && !is_placeholder(value) && is_given(said) {
                return Some(Hit::at(at..end));
            }
        }
        None
    }
}

/// Whether what stands between an issuer's name and a value gives that value to a key, and is not about a digest.
fn is_given(said: &[u8]) -> bool {
    let lower = said.to_ascii_lowercase();
    let has = |word: &str| lower.windows(word.len()).any(|w| w == word.as_bytes());
    let is_digest = [
        "sha", "md5", "hash", "commit", "digest", "checksum", "h1:", "rev", "etag", "uuid", "/issues", "blob",
    ]
    .iter()
    .any(|w| has(w));
    let is_key =
        ["key", "token", "secret", "pass", "auth", "api", "pat", "cred", "sid"].iter().any(|w| has(w));
    let operator = said.iter().rev().find(|b| !b" \"'`".contains(b));
    !is_digest && (is_key || operator.is_some_and(|b| matches!(b, b'=' | b':')))
}

/// Rules from rows: id, issuer, words, shape.
macro_rules! keyed {
    ($($id:literal, $issuer:literal, [$($word:literal),+], $shape:literal;)+) => {
        /// The rules of this table.
        pub(super) const RULES: &[&$crate::detect::Rule] = &[$(&$crate::detect::Rule {
            id: concat!("secret_", $id),
            #[cfg(test)]
            description: concat!($issuer, " key or token, where the text names ", $issuer, "."),
            score: 0.85,
            label: "API_KEY",
            #[cfg(test)]
            misses: &[$(concat!($word, " key: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")),+],
            matcher: $crate::detect::Matcher::Keyed(&Keyed { words: &[$($word),+], shape: $shape }),
            ..super::SECRET
        }),+];
    };
}

keyed! {
    "datadog_key", "Datadog", ["datadog", "dd_api", "dd-api", "dd_app"], "h32 | h40";
    "mailgun_legacy_key", "Mailgun", ["mailgun"], "h32 '-' h8 '-' h8 | h32";
    "algolia_key", "Algolia", ["algolia"], "h32";
    "cloudflare_legacy_key", "Cloudflare", ["cloudflare", "cf_api", "cf-api"], "w40 | h37";
    "fastly_key", "Fastly", ["fastly"], "w32";
    "heroku_legacy_key", "Heroku", ["heroku"], "uuid";
    "linode_token", "Linode", ["linode"], "h64";
    "hetzner_token", "Hetzner", ["hetzner", "hcloud"], "a64";
    "vultr_key", "Vultr", ["vultr"], "u36";
    "alibaba_secret", "Alibaba Cloud", ["alibaba", "aliyun"], "a30";
    "tencent_secret", "Tencent Cloud", ["tencent"], "a32";
    "scaleway_secret", "Scaleway", ["scaleway", "scw_"], "uuid";
    "ibm_cloud_key", "IBM Cloud", ["ibmcloud", "ibm_cloud", "ibm-cloud", "ibm cloud"], "w44";
    "twilio_auth_token", "Twilio", ["twilio"], "h32";
    "twitter_key", "X (Twitter)", ["twitter"], "d15-20 '-' a20-40 | a50 | a45 | a25 | a35-44";
    "twitch_token", "Twitch", ["twitch"], "l30";
    "spotify_secret", "Spotify", ["spotify"], "h32";
    "discord_token", "Discord", ["discord"], "w23-28 '.' w6-7 '.' w27-38 | w32 | h64";
    "facebook_secret", "Facebook", ["facebook", "fb_app", "fb_secret"], "h32 | d15-16 '|' w26-28";
    "linkedin_secret", "LinkedIn", ["linkedin"], "a16";
    "dropbox_secret", "Dropbox", ["dropbox"], "l15 | w64";
    "asana_secret", "Asana", ["asana"], "h32";
    "okta_token", "Okta", ["okta"], "'00' w40";
    "auth0_secret", "Auth0", ["auth0"], "w64 | w32";
    "segment_key", "Segment", ["segment_", "segment.", "segment-", "segment "], "a32";
    "amplitude_key", "Amplitude", ["amplitude"], "h32";
    "mixpanel_secret", "Mixpanel", ["mixpanel"], "h32";
    "rollbar_token", "Rollbar", ["rollbar"], "h32";
    "bugsnag_key", "Bugsnag", ["bugsnag"], "h32 | uuid";
    "airbrake_key", "Airbrake", ["airbrake"], "h32 | h40";
    "sentry_key", "Sentry", ["sentry"], "h64 | h32";
    "newrelic_licence", "New Relic", ["newrelic", "new_relic", "new-relic", "new relic"], "h36 'NRAL' | h40 | h47";
    "pagerduty_key", "PagerDuty", ["pagerduty", "pager_duty", "pager-duty"], "w20 | h32";
    "opsgenie_key", "Opsgenie", ["opsgenie"], "uuid";
    "splunk_token", "Splunk", ["splunk"], "uuid | w22";
    "sumologic_key", "Sumo Logic", ["sumologic", "sumo_", "sumo-"], "a64 | a14";
    "logzio_token", "Logz.io", ["logz"], "a32 | uuid";
    "loggly_token", "Loggly", ["loggly"], "uuid";
    "snyk_key", "Snyk", ["snyk"], "uuid";
    "codecov_token", "Codecov", ["codecov"], "uuid | a32";
    "codacy_token", "Codacy", ["codacy"], "a20 | h32";
    "coveralls_token", "Coveralls", ["coveralls"], "a32-37";
    "sonar_key", "Sonar", ["sonar"], "h40";
    "travis_token", "Travis CI", ["travis"], "w20-22";
    "circleci_key", "CircleCI", ["circleci", "circle_ci", "circle-ci"], "h40";
    "jenkins_token", "Jenkins", ["jenkins"], "h32-34 | h64";
    "artifactory_key", "Artifactory", ["artifactory", "jfrog"], "a73 | w64 | a64";
    "confluent_secret", "Confluent", ["confluent"], "q64 | u16";
    "mongodb_atlas_key", "MongoDB Atlas", ["mongodb", "atlas_"], "uuid";
    "elastic_key", "Elastic", ["elastic"], "q56-64 | w24";
    "cohere_key", "Cohere", ["cohere", "co_api_key"], "a40";
    "mistral_key", "Mistral AI", ["mistral"], "a32";
    "deepgram_key", "Deepgram", ["deepgram"], "h40";
    "assemblyai_key", "AssemblyAI", ["assemblyai", "assembly_ai", "assembly-ai"], "h32";
    "wandb_legacy_key", "Weights & Biases", ["wandb", "weights & biases"], "h40";
    "azure_legacy_key", "Azure", ["azure", "cognitive"], "h32 | a52 | b86 '==' | a84";
    "shodan_key", "Shodan", ["shodan"], "a32";
    "virustotal_key", "VirusTotal", ["virustotal"], "h64";
    "abuseipdb_key", "AbuseIPDB", ["abuseipdb"], "h80";
    "openweather_key", "OpenWeather", ["openweather"], "h32";
    "newsapi_key", "NewsAPI", ["newsapi"], "h32";
    "giphy_key", "GIPHY", ["giphy"], "a32";
    "unsplash_key", "Unsplash", ["unsplash"], "w43";
    "flickr_key", "Flickr", ["flickr"], "h32 | h16";
    "yelp_key", "Yelp", ["yelp"], "w128";
    "mapquest_key", "MapQuest", ["mapquest"], "a32";
    "tomtom_key", "TomTom", ["tomtom"], "a32";
    "etherscan_key", "Etherscan", ["etherscan", "bscscan", "polygonscan"], "u34";
    "infura_key", "Infura", ["infura"], "h32";
    "alchemy_key", "Alchemy", ["alchemy"], "w32";
    "coinbase_secret", "Coinbase", ["coinbase"], "w64 | a32 | a16";
    "binance_key", "Binance", ["binance"], "a64";
    "kraken_key", "Kraken", ["kraken"], "q80-90";
    "bittrex_key", "Bittrex", ["bittrex"], "h32";
    "coinmarketcap_key", "CoinMarketCap", ["coinmarketcap"], "uuid";
    "finnhub_key", "Finnhub", ["finnhub"], "l20 | l40";
    "alphavantage_key", "Alpha Vantage", ["alphavantage", "alpha_vantage"], "u16";
    "zendesk_token", "Zendesk", ["zendesk"], "a40";
    "freshdesk_key", "Freshworks", ["freshdesk", "freshservice"], "a20";
    "hubspot_key", "HubSpot", ["hubspot", "hapikey"], "uuid";
    "pipedrive_token", "Pipedrive", ["pipedrive"], "h40";
    "mailjet_key", "Mailjet", ["mailjet"], "h32";
    "sparkpost_key", "SparkPost", ["sparkpost"], "h40";
    "postmark_token", "Postmark", ["postmark"], "uuid";
    "messagebird_key", "MessageBird", ["messagebird", "message-bird", "message_bird"], "a25 | uuid";
    "vonage_secret", "Vonage", ["vonage", "nexmo"], "a16";
    "plivo_token", "Plivo", ["plivo"], "a40 | w40";
    "pushover_token", "Pushover", ["pushover"], "l30";
    "pushbullet_token", "Pushbullet", ["pushbullet"], "'o.' a32 | a34";
    "onesignal_key", "OneSignal", ["onesignal"], "w48 | uuid";
    "trello_key", "Trello", ["trello"], "h32 | h64";
    "jira_token", "Atlassian", ["jira", "atlassian", "confluence"], "a24 | w24";
    "bitbucket_secret", "Bitbucket", ["bitbucket"], "w64 | a32";
    "smartsheet_token", "Smartsheet", ["smartsheet"], "l26 | a37";
    "box_secret", "Box", ["box_", "box-", "box."], "a32";
    "plaid_secret", "Plaid", ["plaid"], "h30 | h24";
    "paypal_secret", "PayPal", ["paypal"], "w80";
    "braintree_key", "Braintree", ["braintree"], "h32 | l16";
    "recurly_key", "Recurly", ["recurly"], "h32";
    "shopify_secret", "Shopify", ["shopify"], "h32";
    "zoom_secret", "Zoom", ["zoom_", "zoom "], "a32 | w22";
    "kakao_key", "Kakao", ["kakao"], "h32";
    "contentful_key", "Contentful", ["contentful"], "w43";
    "cloudinary_secret", "Cloudinary", ["cloudinary"], "w27";
    "netlify_legacy_token", "Netlify", ["netlify"], "w43-46";
    "vercel_legacy_token", "Vercel", ["vercel"], "a24";
    "bing_key", "Bing", ["bing_", "bing-"], "h32";
    "meraki_key", "Cisco Meraki", ["meraki"], "h40";
    "lokalise_token", "Lokalise", ["lokalise"], "h40";
    "crowdin_token", "Crowdin", ["crowdin"], "l80 | h80";
    "etsy_key", "Etsy", ["etsy"], "l24";
    "looker_secret", "Looker", ["looker"], "l24 | l20";
    "nytimes_key", "New York Times", ["nytimes", "newyorktimes"], "w32";
    "squarespace_token", "Squarespace", ["squarespace"], "uuid";
    "privateai_key", "Private AI", ["privateai", "private_ai", "private-ai"], "l32";
    "gitter_token", "Gitter", ["gitter"], "h40";
    "kucoin_secret", "KuCoin", ["kucoin"], "uuid | h24";
    "freshbooks_token", "FreshBooks", ["freshbooks"], "h64";
    "finicity_secret", "Finicity", ["finicity"], "a20 | h32";
    "ably_key", "Ably", ["ably"], "w6 '.' w6 ':' w43";
    "sourcegraph_key", "Sourcegraph", ["sourcegraph"], "x40";
}
