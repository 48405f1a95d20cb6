//! The words of English phrases, in lists that several phrases share. Words only: what a phrase means by them is the
//! phrase's business.

/// Name and words of each list, sorted by name.
pub(super) static LISTS: &[(&str, &str)] = &[
    ("ai", "ai ai's assistant chatbot chatgpt gpt llm model bot agent aim copilot claude gemini"),
    (
        "boast",
        "unrestricted unfiltered uncensored unlimited unbiased amoral immoral unhinged jailbroken unethical limitless",
    ),
    (
        "crime",
        "illegal immoral unethical harmful offensive dangerous controversial inappropriate explicit nsfw amoral evil",
    ),
    (
        "earlier",
        "previous previously prior preceding earlier above foregoing aforementioned former past original initial existing preexisting precedent",
    ),
    (
        "limits",
        "restrictions restriction limitations limitation limits filters filter filtering censorship guidelines guideline \
        policies policy rules constraints restraints safeguards boundaries ethics morals morality ethical moral \
        programming regulations shackles confines",
    ),
    (
        "override",
        "overlook ignore disregard forget override overwrite neglect discard bypass dismiss unlearn forgo abandon",
    ),
    (
        "overriding",
        "overlooking ignoring ignores disregarding disregards forgetting overriding overrides bypassing",
    ),
    (
        "reveal",
        "reveal show print output repeat display tell give disclose leak share expose write return provide recite \
        dump paste state send summarize translate spell echo describe list say type copy rewrite encode",
    ),
    (
        "rules",
        "instruction instructions prompt prompts rule rules guideline guidelines directive directives command commands \
        constraint constraints restriction restrictions programming directions guidance safeguards assignments \
        policies protocols orders directions training instrucions instuctions intructions insructions",
    ),
    (
        "secretprompt",
        "prompt prompts instruction instructions preprompt guidelines directives rules configuration message",
    ),
];
