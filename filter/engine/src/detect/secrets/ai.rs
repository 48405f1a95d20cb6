//! Keys of model providers and of the tools around them, as their vendors' pages show them.

tokens! {
    "groq_key", "Groq API key", "GROQ_KEY", ["gsk_"], "a52";
    "huggingface_token", "Hugging Face access token", "HUGGINGFACE_TOKEN", ["hf_", "api_org_"], "a34";
    "replicate_token", "Replicate API token", "REPLICATE_TOKEN", ["r8_"], "a37";
    "xai_key", "xAI API key", "XAI_KEY", ["xai-"], "w70-90";
    "perplexity_key", "Perplexity API key", "PERPLEXITY_KEY", ["pplx-"], "a48 | a56";
    "fireworks_key", "Fireworks AI API key", "FIREWORKS_KEY", ["fw_"], "a22 | a24";
    "together_key", "Together AI API key", "TOGETHER_KEY", ["tgp_v1_"], "w43";
    "cerebras_key", "Cerebras API key", "CEREBRAS_KEY", ["csk-"], "l48";
    "nvidia_key", "NVIDIA API key", "NVIDIA_KEY", ["nvapi-"], "w60-80";
    "langsmith_key", "LangSmith API key", "LANGSMITH_KEY", ["lsv2_pt_", "lsv2_sk_"], "h32 '_' h10";
    "langfuse_key", "Langfuse secret key", "LANGFUSE_KEY", ["sk-lf-"], "uuid";
    "openrouter_key", "OpenRouter API key", "OPENROUTER_KEY", ["sk-or-v1-"], "h64";
    "helicone_key", "Helicone API key", "HELICONE_KEY", ["sk-helicone-"], "w30-60";
    "elevenlabs_key", "ElevenLabs API key", "ELEVENLABS_KEY", ["sk_"], "h48";
    "voyage_key", "Voyage AI API key", "VOYAGE_KEY", ["pa-"], "w43";
    "pinecone_key", "Pinecone API key", "PINECONE_KEY", ["pcsk_"], "a5-6 '_' a50-64";
    "anyscale_key", "Anyscale API key", "ANYSCALE_KEY", ["esecret_"], "a24-36";
    "tavily_key", "Tavily API key", "TAVILY_KEY", ["tvly-", "tvly-dev-", "tvly-prod-"], "a32";
    "firecrawl_key", "Firecrawl API key", "FIRECRAWL_KEY", ["fc-"], "h32";
    "wandb_key", "Weights & Biases API key", "WANDB_KEY", ["wandb_v1_"], "w60-100";
    "cursor_key", "Cursor API key", "CURSOR_KEY", ["key_", "crsr_"], "h64";
    "e2b_key", "E2B API key", "E2B_KEY", ["e2b_"], "h40";
    "friendli_token", "Friendli token", "FRIENDLI_TOKEN", ["flp_"], "a46";
    "jina_key", "Jina AI API key", "JINA_KEY", ["jina_"], "w55-70";
    "llamacloud_key", "LlamaCloud API key", "LLAMACLOUD_KEY", ["llx-"], "a48";
    "dify_key", "Dify application key", "DIFY_KEY", ["app-", "dataset-"], "a24";
    "browserbase_key", "Browserbase API key", "BROWSERBASE_KEY", ["bb_live_", "bb_test_"], "w20-40";
    "composio_key", "Composio API key", "COMPOSIO_KEY", ["ak_"], "w20";
    "mem0_key", "Mem0 API key", "MEM0_KEY", ["m0-"], "a40";
    "runpod_key", "RunPod API key", "RUNPOD_KEY", ["rpa_"], "u40-52 | a40-52";
    "modal_token", "Modal token", "MODAL_TOKEN", ["ak-", "as-"], "a22";
    "aws_bedrock_key", "Amazon Bedrock API key", "BEDROCK_KEY", ["ABSK"], "b109-269 | b107-268 '='";
    "aws_bedrock_session_key", "Amazon Bedrock short-term API key", "BEDROCK_KEY", ["bedrock-api-key-"], "q40+";
}
