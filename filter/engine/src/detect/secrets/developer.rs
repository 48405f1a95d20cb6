//! Tokens of code hosts, package registries, build services and monitoring, as their vendors' pages show them.

tokens! {
    "gitlab_token", "GitLab access token", "GITLAB_TOKEN",
        ["glpat-", "gldt-", "glft-", "glimt-", "glsoat-", "glwt-"], "w27-300 '.' a2 '.' a9 | w27-300 '.' a9 | w20-26";
    "gitlab_runner_token", "GitLab runner token", "GITLAB_TOKEN", ["glrt-", "glrtr-", "GR1348941", "glrt-t1_", "glrt-t2_", "glrt-t3_"],
        "w27-300 '.' a2 '.' a9 | w20-26";
    "gitlab_job_token", "GitLab CI job token", "GITLAB_TOKEN", ["glcbt-"], "x1-5 '_' w20 | w20-26";
    "gitlab_trigger_token", "GitLab pipeline trigger token", "GITLAB_TOKEN", ["glptt-"], "h40";
    "gitlab_agent_token", "GitLab agent for Kubernetes token", "GITLAB_TOKEN", ["glagent-"], "w50";
    "gitlab_oauth_secret", "GitLab OAuth application secret", "GITLAB_TOKEN", ["gloas-"], "w64";
    "gitlab_feature_flag_token", "GitLab feature flag client token", "GITLAB_TOKEN", ["glffct-"], "w20";
    "gitlab_session", "GitLab session cookie", "GITLAB_TOKEN", ["_gitlab_session="], "h32";
    "bitbucket_app_password", "Bitbucket app password", "BITBUCKET_TOKEN", ["ATBB"], "a32";
    "atlassian_token", "Atlassian API token", "ATLASSIAN_TOKEN", ["ATATT3", "ATCTT3", "ATSTT3"],
        "w60-250 '=' x8 | w170-200";
    "trello_token", "Trello token", "TRELLO_TOKEN", ["ATTA"], "h64 x8 | a64 a8";
    "npm_token", "npm access token", "NPM_TOKEN", ["npm_"], "a36";
    "npmrc_token", "npm registry token of an .npmrc", "NPM_TOKEN", ["_authToken="], "uuid | w36 | q30-120";
    "pypi_token", "PyPI upload token", "PYPI_TOKEN", ["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"], "w50+";
    "rubygems_key", "RubyGems API key", "RUBYGEMS_KEY", ["rubygems_"], "h48";
    "crates_io_token", "crates.io token", "CRATES_TOKEN", ["cio"], "a32";
    "nuget_key", "NuGet API key", "NUGET_KEY", ["oy2"], "l43";
    "clojars_token", "Clojars deploy token", "CLOJARS_TOKEN", ["CLOJARS_"], "h60";
    "packagist_token", "Packagist token", "PACKAGIST_TOKEN",
        ["packagist_uht_", "packagist_ust_", "packagist_oht_", "packagist_ort_", "packagist_out_", "packagist_ouc_"],
        "h68 | a60-80";
    "sidekiq_credential", "Sidekiq Enterprise or Pro credential", "SIDEKIQ_CREDENTIAL",
        ["CONTRIBSYS__COM=", "contribsys.com "], "h8 ':' h8";
    "sourcegraph_token", "Sourcegraph access token", "SOURCEGRAPH_TOKEN", ["sgp_"],
        "x16 '_local_' x40 | x16 '_' x40 | 'local_' x40 | x40";
    "segment_token", "Segment public API token", "SEGMENT_TOKEN", ["sgp_"], "a64";
    "sourcegraph_cody_token", "Sourcegraph Cody gateway token", "SOURCEGRAPH_TOKEN", ["slk_", "sgd_", "sgpat_"], "h64";
    "sonarqube_token", "SonarQube token", "SONAR_TOKEN", ["sqp_", "sqa_", "squ_"], "h40";
    "circleci_token", "CircleCI token", "CIRCLECI_TOKEN", ["CCIPAT_", "CCIPRJ_"], "a22 '_' a40";
    "buildkite_token", "Buildkite token", "BUILDKITE_TOKEN", ["bkua_", "bkaa_"], "h40";
    "buildkite_agent_token", "Buildkite cluster token", "BUILDKITE_TOKEN", ["bkct_"], "a40-90";
    "harness_token", "Harness token", "HARNESS_TOKEN", ["pat.", "sat."], "w22 '.' h24 '.' a20";
    "postman_key", "Postman API key", "POSTMAN_KEY", ["PMAK-"], "h24 '-' h34";
    "postman_collection_key", "Postman collection access key", "POSTMAN_KEY", ["PMAT-"], "u26";
    "figma_token", "Figma access token", "FIGMA_TOKEN", ["figd_", "figo_", "figu_"], "w40-50";
    "linear_key", "Linear API key", "LINEAR_KEY", ["lin_api_"], "a40";
    "linear_oauth_token", "Linear OAuth token", "LINEAR_KEY", ["lin_oauth_", "lin_wh_"], "h64 | a40";
    "notion_token", "Notion integration token", "NOTION_TOKEN", ["ntn_"], "d11 a35 | a43-50";
    "notion_secret", "Notion internal integration secret", "NOTION_TOKEN", ["secret_"], "a43";
    "airtable_token", "Airtable personal access token", "AIRTABLE_TOKEN", ["pat"], "a14 '.' h64";
    "asana_token", "Asana personal access token", "ASANA_TOKEN", ["1/1", "2/1", "1/2", "2/2", "0/1"],
        "d13-19 ':' h32 | d13-16 '/' d13-16 ':' h32";
    "clickup_token", "ClickUp personal token", "CLICKUP_TOKEN", ["pk_"], "d7-9 '_' u32";
    "typeform_token", "Typeform personal token", "TYPEFORM_TOKEN", ["tfp_"], "p40-60";
    "contentful_token", "Contentful management token", "CONTENTFUL_TOKEN", ["CFPAT-"], "w43";
    "dynatrace_token", "Dynatrace token", "DYNATRACE_TOKEN", ["dt0c01.", "dt0s01.", "dt0s02.", "dt0s16."], "u24 '.' u64 | u8 '.' u64";
    "newrelic_key", "New Relic user key", "NEWRELIC_KEY", ["NRAK-"], "u27 | a27";
    "newrelic_ingest_key", "New Relic ingest key", "NEWRELIC_KEY", ["NRII-", "NRIQ-", "NRAA-", "NRRA-", "NRSP-"], "w27-42";
    "newrelic_browser_key", "New Relic browser key", "NEWRELIC_KEY", ["NRJS-"], "h19";
    "grafana_service_token", "Grafana service account token", "GRAFANA_TOKEN", ["glsa_"], "a32 '_' x8";
    "grafana_cloud_token", "Grafana Cloud token", "GRAFANA_TOKEN", ["glc_"], "q32-400";
    "grafana_api_key", "Grafana API key", "GRAFANA_KEY", ["eyJrIjoi"], "q70-400";
    "sentry_user_token", "Sentry user token", "SENTRY_TOKEN", ["sntryu_", "sntrya_", "sntryi_"], "h64";
    "sentry_org_token", "Sentry organisation token", "SENTRY_TOKEN", ["sntrys_eyJ"], "q80-400 '_' b43 | b80-400 '_' b43";
    "posthog_key", "PostHog personal API key", "POSTHOG_KEY", ["phx_", "phs_"], "a43-48";
    "honeycomb_key", "Honeycomb key", "HONEYCOMB_KEY", ["hcaik_", "hcaic_", "hcxik_", "hcxlk_", "hcalk_", "hcbik_", "hcamk_", "hcxmk_"], "l58-62 | l32-64";
    "launchdarkly_key", "LaunchDarkly key", "LAUNCHDARKLY_KEY", ["sdk-", "api-", "mob-", "rel-"], "uuid";
    "axiom_token", "Axiom token", "AXIOM_TOKEN", ["xaat-", "xapt-"], "uuid";
    "statsig_secret", "Statsig server secret", "STATSIG_SECRET", ["secret-"], "a40-50";
    "apify_token", "Apify API token", "APIFY_TOKEN", ["apify_api_"], "a36";
    "readme_key", "ReadMe API key", "README_KEY", ["rdme_"], "l70";
    "frameio_token", "Frame.io token", "FRAMEIO_TOKEN", ["fio-u-"], "w64";
    "mapbox_secret_token", "Mapbox secret token", "MAPBOX_TOKEN", ["sk.eyJ", "tk.eyJ"], "w20-300 '.' w20-60";
    "rapidapi_key", "RapidAPI key", "RAPIDAPI_KEY", ["msh"], "[a10] a15 'p1' a6 'jsn' a12";
    "octopus_key", "Octopus Deploy API key", "OCTOPUS_KEY", ["API-"], "u25-29";
    "infracost_key", "Infracost API key", "INFRACOST_KEY", ["ico-"], "a32";
    "intra42_secret", "42 intranet client secret", "INTRA42_SECRET", ["s-s4t2ud-", "s-s4t2af-"], "h64";
    "maxmind_key", "MaxMind licence key", "MAXMIND_KEY", ["_mmk"], "[_36]";
    "checkly_key", "Checkly API key", "CHECKLY_KEY", ["cu_"], "h32";
    "chromatic_token", "Chromatic project token", "CHROMATIC_TOKEN", ["chpt_"], "h12-20";
    "unkey_key", "Unkey root key", "UNKEY_KEY", ["unkey_"], "a20-40";
    "trigger_dev_key", "Trigger.dev secret key", "TRIGGER_KEY", ["tr_dev_", "tr_prod_", "tr_stg_", "tr_pat_"], "a20-40";
    "inngest_key", "Inngest signing key", "INNGEST_KEY", ["signkey-prod-", "signkey-test-", "signkey-branch-"], "h32-64";
    "liveblocks_key", "Liveblocks secret key", "LIVEBLOCKS_KEY", ["sk_prod_", "sk_dev_"], "w40-80";
    "ionic_token", "Ionic token", "IONIC_TOKEN", ["ion_"], "a42";
    "expo_token", "Expo robot token", "EXPO_TOKEN", ["expo_"], "w38-44";
    "jfrog_api_key", "JFrog API key", "JFROG_KEY", ["AKCp"], "a69 | a60-72";
    "jfrog_reference_token", "JFrog reference token", "JFROG_TOKEN", ["cmVmdGtuOj"], "a54";
    "adafruit_key", "Adafruit IO key", "ADAFRUIT_KEY", ["aio_"], "a28";
    "django_insecure_key", "Django development secret key", "DJANGO_KEY", ["django-insecure-"], "w20-60 | q20-60";
    "laravel_key", "Laravel application key", "LARAVEL_KEY", ["APP_KEY=base64:", "app.key=base64:"], "b43 '='";
    "nostr_key", "Nostr private key", "NOSTR_KEY", ["nsec1"], "l58";
    "extended_private_key", "BIP 32 extended private key", "WALLET_KEY", ["xprv", "yprv", "zprv", "tprv"], "a107-108";
    "stackhawk_key", "StackHawk API key", "STACKHAWK_KEY", ["hawk."], "w20 '.' w20";
    "pagerduty_token", "PagerDuty OAuth token", "PAGERDUTY_TOKEN", ["pdus+_", "pdeu+_"], "w40-80";
    "rootly_token", "Rootly API token", "ROOTLY_TOKEN", ["rootly_"], "h64";
    "snyk_token", "Snyk OAuth token", "SNYK_TOKEN", ["snyk_uat.", "snyk_sat."], "p30-300";
    "endorlabs_key", "Endor Labs key", "ENDORLABS_KEY", ["endr+"], "w16";
    "dependency_track_key", "Dependency-Track API key", "DEPENDENCY_TRACK_KEY", ["odt_"], "a32 | a8 '_' a32";
    "nightfall_key", "Nightfall API key", "NIGHTFALL_KEY", ["NF-"], "a32";
    "weblate_token", "Weblate token", "WEBLATE_TOKEN", ["wlu_", "wlp_"], "a36-40";
    "discord_webhook", "Discord webhook", "DISCORD_WEBHOOK",
        ["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], "d17-20 '/' w60-70";
    "teams_webhook", "Microsoft Teams webhook", "TEAMS_WEBHOOK", [".office.com/webhook/", ".office.com/webhookb2/"],
        "uuid '@' uuid '/IncomingWebhook/' x32 '/' uuid";
    "feishu_webhook", "Feishu or Lark webhook", "LARK_WEBHOOK",
        ["open.feishu.cn/open-apis/bot/v2/hook/", "open.larksuite.com/open-apis/bot/v2/hook/"], "uuid";
    "wecom_webhook", "WeCom webhook", "WECOM_WEBHOOK", ["qyapi.weixin.qq.com/cgi-bin/webhook/send?key="], "uuid";
    "dingtalk_webhook", "DingTalk webhook", "DINGTALK_WEBHOOK", ["oapi.dingtalk.com/robot/send?access_token="], "h64";
    "zapier_webhook", "Zapier webhook", "ZAPIER_WEBHOOK", ["hooks.zapier.com/hooks/catch/"], "d5-10 '/' l5-10";
    "slack_workflow", "Slack workflow webhook", "SLACK_WEBHOOK",
        ["hooks.slack.com/workflows/", "hooks.slack.com/triggers/"], "u8-14 '/' w8-20 '/' a15-40 | u8-14 '/' w8-20 '/' d10-20 '/' a20-40";
    "slack_config_token", "Slack configuration token", "SLACK_TOKEN", ["xoxe.xoxp-", "xoxe.xoxb-"], "d1 '-' a140-180";
    "telegram_token", "Telegram bot token", "TELEGRAM_TOKEN", [":AA"], "[d8-10] w32-33";
}
