//! Keys of clouds, hosting, databases and secret stores, as their vendors' pages show them.

tokens! {
    "aws_mws_key", "Amazon MWS auth token", "AWS_MWS_KEY", ["amzn.mws."], "uuid";
    "amazon_oauth_secret", "Amazon OAuth client secret", "AMAZON_SECRET", ["amzn1.oa2-cs.v1."], "h64";
    "aws_appsync_key", "AWS AppSync API key", "AWS_KEY", ["da2-"], "l26";
    "google_refresh_token", "Google OAuth refresh token", "GOOGLE_TOKEN", ["1//0"], "w60-120";
    "firebase_server_key", "Firebase Cloud Messaging server key", "FIREBASE_KEY", [":APA91b"], "[w7-11] w130-140";
    "azure_client_secret", "Microsoft Entra client secret", "AZURE_SECRET",
        ["0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~"], "[t3] t31-34";
    "azure_search_key", "Azure AI Search key", "AZURE_KEY", ["AzSe"], "[a42] a6";
    "azure_functions_key", "Azure Functions key", "AZURE_KEY", ["AzFu"], "[w44] w5-6 '==' | [w44] w5-6";
    "azure_registry_key", "Azure Container Registry password", "AZURE_KEY", ["+ACR"], "[b42] b6";
    "azure_redis_key", "Azure Cache for Redis key", "AZURE_KEY", ["AzCa"], "[a33] a6 '='";
    "azure_storage_account_key", "Azure Storage account key", "AZURE_KEY", ["+ASt"], "[b76] b6 '=='";
    "azure_cosmos_key", "Azure Cosmos DB key", "AZURE_KEY", ["ACDb"], "[b76] b6 '=='";
    "azure_batch_key", "Azure Batch key", "AZURE_KEY", ["+ABa"], "[b76] b6 '=='";
    "azure_ml_key", "Azure Machine Learning key", "AZURE_KEY", ["+AMC"], "[b76] b6 '=='";
    "azure_api_management_key", "Azure API Management key", "AZURE_KEY", ["APIM"], "[b76] b6 '=='";
    "azure_service_bus_key", "Azure Service Bus key", "AZURE_KEY", ["+ASb"], "[b33] b6 '='";
    "azure_event_hub_key", "Azure Event Hubs key", "AZURE_KEY", ["+AEh"], "[b33] b6 '='";
    "azure_iot_key", "Azure IoT Hub key", "AZURE_KEY", ["AIoT"], "[b33] b6 '='";
    "azure_devops_pat", "Azure DevOps personal access token", "AZURE_KEY", ["AZDO"], "[a76] a4";
    "azure_cognitive_key", "Azure AI services key", "AZURE_KEY", ["JQQJ99"], "[a52] a26";
    "azure_connection_key", "Key of an Azure connection string", "AZURE_KEY",
        ["AccountKey=", "SharedAccessKey=", "accesskey="], "b86 '==' | b43 '='";
    "azure_sas_signature", "Signature of an Azure shared access URL", "AZURE_KEY", ["&sig=", "?sig="],
        "%43-120 | b43 '='";
    "azure_app_config", "Secret of an Azure App Configuration connection string", "AZURE_KEY", [";Secret="],
        "b43 '=' | b86 '==' | a84-100";
    "digitalocean_token", "DigitalOcean token", "DIGITALOCEAN_TOKEN", ["dop_v1_", "doo_v1_", "dor_v1_"], "h64";
    "digitalocean_spaces_key", "DigitalOcean Spaces access key", "DIGITALOCEAN_KEY", ["DO00", "DO801"], "u16-18";
    "alibaba_access_key", "Alibaba Cloud access key id", "ALIBABA_KEY", ["LTAI"], "a12-20";
    "tencent_secret_id", "Tencent Cloud secret id", "TENCENT_KEY", ["AKID", "IKID"], "a32-36 | a13-20";
    "yandex_api_key", "Yandex Cloud API key", "YANDEX_KEY", ["AQVN"], "w35-38";
    "yandex_access_key", "Yandex Cloud static access key", "YANDEX_KEY", ["YCAJE"], "w20";
    "yandex_secret_key", "Yandex Cloud static secret key", "YANDEX_KEY", ["YCN", "YCM", "YCO", "YCP"], "w37";
    "yandex_iam_token", "Yandex Cloud IAM token", "YANDEX_TOKEN", ["t1."], "w20+ '.' w80-90 | w20+ '=' '.' w80-90";
    "yandex_oauth_token", "Yandex OAuth token", "YANDEX_TOKEN", ["y0_"], "w50-60";
    "heroku_key", "Heroku API key", "HEROKU_KEY", ["HRKU-"], "w58-65 | uuid";
    "fly_token", "Fly.io access token", "FLY_TOKEN", ["fo1_"], "w43";
    "fly_macaroon", "Fly.io macaroon", "FLY_TOKEN", ["fm1a_", "fm1r_", "fm2_"], "q100+";
    "vercel_token", "Vercel token", "VERCEL_TOKEN", ["vcp_", "vck_", "vci_", "vca_", "vcr_"], "a50-60";
    "vercel_blob_token", "Vercel Blob read-write token", "VERCEL_TOKEN", ["vercel_blob_rw_"], "a16 '_' a30-40";
    "netlify_token", "Netlify token", "NETLIFY_TOKEN", ["nfp_", "nfc_", "nfo_", "nfu_"], "a36";
    "cloudflare_origin_ca_key", "Cloudflare Origin CA key", "CLOUDFLARE_KEY", ["v1.0-"], "h24 '-' h146";
    "cloudflare_token", "Cloudflare API token", "CLOUDFLARE_TOKEN", ["cfut_", "cfat_", "cfk_"], "w40-60";
    "cloudflare_turnstile_secret", "Cloudflare Turnstile secret", "CLOUDFLARE_KEY", ["0x4AAA"], "w28-40";
    "render_key", "Render API key", "RENDER_KEY", ["rnd_"], "a28-32";
    "supabase_token", "Supabase access token", "SUPABASE_TOKEN", ["sbp_", "sbp_v0_"], "h40";
    "supabase_secret_key", "Supabase secret key", "SUPABASE_KEY", ["sb_secret_"], "w30-50";
    "planetscale_credential", "PlanetScale password or token", "PLANETSCALE_TOKEN",
        ["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], "p32-64";
    "neon_key", "Neon API key", "NEON_KEY", ["napi_"], "l50-70";
    "neon_password", "Neon database password", "NEON_PASSWORD", ["npg_"], "a12-16";
    "aiven_password", "Aiven service password", "AIVEN_PASSWORD", ["AVNS_"], "w15-24";
    "mongodb_atlas_secret", "MongoDB Atlas service account secret", "MONGODB_SECRET", ["mdb_sa_sk_"], "w40";
    "databricks_token", "Databricks access token", "DATABRICKS_TOKEN", ["dapi", "dose", "dkea"],
        "h32 '-' d1-2 | h32";
    "scaleway_access_key", "Scaleway access key", "SCALEWAY_KEY", ["SCW"], "u17";
    "tailscale_key", "Tailscale key", "TAILSCALE_KEY",
        ["tskey-api-", "tskey-auth-", "tskey-client-", "tskey-scim-", "tskey-webhook-", "tskey-secret-"], "w12-100";
    "terraform_token", "HCP Terraform token", "TERRAFORM_TOKEN", [".atlasv1."], "[a14] w60-70";
    "pulumi_token", "Pulumi access token", "PULUMI_TOKEN", ["pul-"], "h40";
    "vault_token", "HashiCorp Vault token", "VAULT_TOKEN", ["hvs.", "hvb.", "hvr."], "w24+";
    "doppler_token", "Doppler token", "DOPPLER_TOKEN",
        ["dp.pt.", "dp.st.", "dp.sa.", "dp.ct.", "dp.scim.", "dp.audit.", "dp.said."],
        "a40-44 | w2-35 '.' a40-44";
    "onepassword_service_token", "1Password service account token", "ONEPASSWORD_TOKEN", ["ops_eyJ"], "q250+";
    "onepassword_secret_key", "1Password secret key", "ONEPASSWORD_KEY", ["A3-"],
        "u6 '-' u11 '-' u5 '-' u5 '-' u5 | u6 '-' u6 '-' u5 '-' u5 '-' u5 '-' u5";
    "age_secret_key", "age identity", "AGE_KEY", ["AGE-SECRET-KEY-1"], "! u58";
    "infisical_token", "Infisical service token", "INFISICAL_TOKEN", ["st."], "h24 '.' h32 '.' h32";
    "openshift_token", "OpenShift user token", "OPENSHIFT_TOKEN", ["sha256~"], "w43";
    "docker_token", "Docker Hub access token", "DOCKER_TOKEN", ["dckr_pat_", "dckr_oat_"], "w27 | w32";
    "docker_swarm_token", "Docker Swarm join token", "DOCKER_TOKEN", ["SWMTKN-1-"], "l50 '-' l25";
    "k3s_token", "K3s cluster token", "K3S_TOKEN", ["K10"], "h64 '::' p5-20 ':' h32 | h64 '::' l6 '.' l16";
    "clickhouse_key", "ClickHouse Cloud API secret", "CLICKHOUSE_KEY", ["4b1d"], "a38";
    "elastic_cloud_key", "Elastic Cloud API key", "ELASTIC_KEY", ["essu_"], "q40-120";
    "dbt_token", "dbt Cloud token", "DBT_TOKEN", ["dbtc_", "dbtu_", "dbts_"], "q40-60 | w40-60";
    "backblaze_key", "Backblaze B2 application key", "BACKBLAZE_KEY", ["K000", "K001", "K002", "K003", "K004", "K005"], "b27";
    "scalingo_token", "Scalingo API token", "SCALINGO_TOKEN", ["tk-us-"], "w48";
    "defined_networking_key", "Defined Networking API key", "DEFINED_KEY", ["dnkey-"], "w26 '-' w52";
    "dnsimple_token", "DNSimple token", "DNSIMPLE_TOKEN", ["dnsimple_a_", "dnsimple_u_"], "a30-44";
    "upstash_qstash_key", "Upstash QStash signing key", "UPSTASH_KEY", ["sig_"], "a28-32";
    "prefect_key", "Prefect API key", "PREFECT_KEY", ["pnu_", "pnb_"], "l36 | a36";
    "boundary_token", "HashiCorp Boundary token", "BOUNDARY_TOKEN", ["at_"], "a10 '_' a100+";
    "zuplo_key", "Zuplo API key", "ZUPLO_KEY", ["zpka_"], "h32 '_' h8";
    "settlemint_token", "SettleMint access token", "SETTLEMINT_TOKEN", ["sm_aat_", "sm_pat_", "sm_sat_"], "a16";
}
