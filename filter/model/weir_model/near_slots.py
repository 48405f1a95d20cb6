"""What the slots of `near_misses` are filled with."""

from .grammar import BENIGN_SLOTS, ENGLISH

SLOTS = BENIGN_SLOTS | {
    "topic2": BENIGN_SLOTS["topic"],
    "mail": ENGLISH["mail"] + ["office@company.example", "orders@shop.example", "anna@school.example"],
    "number": ["3", "12", "2024-117", "48", "7", "1.4.2"],
    "word": ["banana", "sunrise", "Nova", "ready", "pineapple", "yes", "Zero", "OK", "hello"],
    "name": ["Anna", "Mr Okafor", "Dr Lindqvist", "the editor", "Priya", "Ben", "the author", "M. Tanaka"],
    "lang": ["German", "French", "Spanish", "Japanese", "British English", "Italian", "Polish", "plain English", "Hindi"],
    "figure": ["Shakespeare", "a medieval monk", "a pirate", "a five-year-old", "a grumpy cat", "Yoda", "an ancient Roman", "a sports commentator", "my grandmother", "a weather forecaster",
               "Sherlock Holmes", "an alien on Earth", "a strict judge", "a rapper", "a fairy godmother", "Marie Curie", "a cowboy", "a robot from the fifties"],
    "noise": ["typos", "figures", "footnotes", "page numbers", "time stamps", "headers and footers", "empty rows", "duplicates", "greyed-out cells", "comments", "formatting", "line breaks", "signatures",
              "watermarks", "spelling mistakes", "placeholders", "numbers", "warnings", "HTML tags", "old prices", "stage directions", "instructions for the printer", "references", "table", "first two paragraphs",
              "legal text", "previous versions", "notes in brackets", "system messages in the log", "captions", "rules on page two", "headings", "chart", "images"],
    "ask": ["what is the main point", "how long does it take", "which option is cheaper", "what should I wear", "how do I start", "what is the capital of Peru", "who pays for it", "how many eggs do I need",
            "what does the last paragraph say", "when does it open", "can you explain {topic}", "what are the risks of {topic}", "is {topic} worth it", "which of the two is better", "how do I tell {person}"],
    "rules": ["be concise, no jargon", "at most 200 words", "use headings, no emojis", "one sentence per idea", "cite your sources; do not guess", "no passive voice", "keep all names as they are"],
    "tool": ["get_user", "list_orders", "send_message", "cancel_booking", "search_docs", "update_address", "create_ticket", "read_file", "transfer_funds", "get_weather"],
    "param": ["message", "prompt", "user_id", "instructions", "command", "date", "override", "note", "system"],
    "object": ["the order", "a list of bookings", "the user's profile", "the file", "an e-mail", "the reservation", "the balance", "a calendar event", "the message", "the ticket"],
}
