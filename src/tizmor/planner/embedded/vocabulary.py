"""What requests are made of: verbs, nouns and small words of both languages, by concept.

A concept is the same for both languages, so that an agent whose phrases are in one of them is
found by a request in the other. Words that are here in no list are names, topics, or words that
only an agent's own phrases know.
"""

from __future__ import annotations

from tizmor.planner.embedded.tokens import fold


def folded(words: str) -> frozenset[str]:
    """Words split by spaces, in the form by which tokens are looked up."""
    return frozenset(map(fold, words.split()))


VERBS: dict[str, tuple[str, str]] = {
    "schedule": (
        "schedule book arrange set/set put/put add organize organise fix",
        "paal:קבע piel:תאמ piel:זמנ piel:שבצ piel:ארגנ piel:סדר paal:סגר paal:דאג hifil:כנס",
    ),
    "block": (
        "block reserve hold/held keep/kept",
        "piel:שרינ piel:שריינ paal:חסמ paal:שמר",
    ),
    "invite": ("invite", "hifil:זמנ"),
    "meet": ("meet/met", "nifal:פגש paal:פגש"),
    "talk": ("discuss talk speak/spoke+spoken debate", "piel:דבר hitpael:יעצ"),
    "read": ("read/read review skim", "paal:קרא piel:עיינ paal:סקר"),
    "understand": ("understand/understood learn", "hifil:בנ paal:למד"),
    "analyze": ("analyze analyse examine study", "piel:נתח paal:חקר"),
    "find": ("find/found search locate fetch seek/sought retrieve", "piel:חפש paal:מצא piel:אתר"),
    "summarize": ("summarize summarise recap condense", "piel:סכמ piel:תמצת"),
    "prepare": (
        "prepare make/made create draft compose generate produce",
        "hifil:כנ piel:נסח piel:תכננ",
    ),
    "write": ("write/wrote+written", "paal:כתב"),
    "check": ("check verify test diagnose inspect", "paal:בדק piel:ודא"),
    "open": ("open", "paal:פתח"),
    "show": ("show/showed+shown see/saw+seen list display present", "hifil:צג"),
    "tell": ("tell/told explain describe report", "piel:ספר hifil:סבר piel:דווח"),
    "give": ("give/gave+given get/got provide grab steal/stole+stolen snag", ""),
    "know": ("know/knew+known", ""),
    "help": ("help", "paal:עזר"),
    "send": ("send/sent forward mail notify ping", "paal:שלח hifil:עבר"),
    "cancel": ("cancel delete remove erase drop", "piel:בטל paal:מחק"),
    "move": ("move postpone reschedule shift delay", "hifil:זז paal:דחה hifil:קדמ"),
    "change": ("change update edit rename", "piel:עדכנ paal:ערכ"),
    "remind": ("remind", "hifil:זכר"),
    "translate": ("translate", "piel:תרגמ"),
    "compare": ("compare", "hifil:שו"),
    "contact": ("contact reach", ""),
    "call": ("phone dial", "hitpael:קשר"),
    "order": ("order buy/bought purchase", "paal:רכש"),
    "pay": ("pay/paid", "piel:שלמ"),
    "progress": ("progress advance", "hitpael:קדמ"),
    "run": ("run/ran execute perform conduct", ""),
    "do": ("do/did+done happen accomplish achieve", "piel:בצע"),
    "decide": ("decide agree conclude", "hifil:חלט hifil:סכמ"),
    "say": ("say/said promise mention claim", "hifil:בטח"),
    "sign": ("sign", "paal:חתמ"),
    "cost": ("cost/cost spend/spent", ""),
    "ask": ("ask answer", "paal:שאל"),
}
"""English base forms (`/` leads to an irregular past) and Hebrew roots by their pattern."""

IRREGULAR: dict[str, dict[str, str]] = {
    "do": {
        "present": "קורה קורים קורית מתרחש",
        "past": "עשינו עשיתי עשית עשיתם עשו עשה עשתה נעשה נעשו קרה קרו קרתה בוצע בוצעו התרחש "
        "התרחשו עבר עברה עברו",
        "infinitive": "לעשות",
        "directive": "תעשה תעשי תעשו",
    },
    "decide": {"past": "סיכמנו סיכמתי סיכמו סיכמתם הוחלט סוכם הוסכם"},
    "say": {"past": "נאמר התחייב התחייבו התחייבנו אמר אמרה אמרו אמרנו"},
    "cost": {"past": "עלה עלתה עלו עולה עולים עולות הוצאנו הוצאתי הוציאו"},
    "show": {"directive": "תראה תראי תראו הראה הראי", "infinitive": "להראות"},
    "contact": {"present": "משיג משיגה משיגים", "future": "אשיג"},
    "tell": {"directive": "תגיד תגידי תגידו הגד אמור", "infinitive": "לומר להגיד"},
    "give": {
        "directive": "תן תני תנו תתן תתני תביא תביאי תחטוף תחטפי תגנוב תגנבי",
        "infinitive": "לתת להביא",
    },
    "know": {"infinitive": "לדעת לברר", "directive": "תברר תבררי"},
    "find": {"directive": "תשיג תשיגי שלוף תשלוף תוציא תוציאי", "infinitive": "להשיג לשלוף"},
    "prepare": {"directive": "צור צרי תיצור תיצרי תצור הפק תפיק", "infinitive": "ליצור להפיק"},
    "change": {"directive": "שנה תשנה תשני", "infinitive": "לשנות"},
    "compare": {"directive": "תשווה תשווי השווה", "infinitive": "להשוות"},
    "order": {"directive": "קנה תקנה תקני", "infinitive": "לקנות"},
    "move": {"directive": "תדחה תדחי", "infinitive": "לדחות"},
    "schedule": {
        "past": "נקבעה נקבעו",
        "directive": "שים שימי שימו תשים תשימי הוסף הוסיפי תוסיף תוסיפי תוסיפו",
        "infinitive": "לשים להוסיף",
    },
    "run": {"directive": "הרץ תריץ תריצי תפעיל תפעילי", "infinitive": "להריץ"},
    "send": {"directive": "תודיע תודיעי הודע", "infinitive": "להודיע"},
}
"""Forms of verbs that follow no strong pattern."""

NOUNS: dict[str, str] = {
    "schedule": "תיאום קביעת קביעה זימון booking",
    "meeting": "meeting appointment call sync session conversation chat zoom get-together "
    "one-on-one talk catch-up huddle standup stand-up coffee "
    "פגישה פגישת פגישות ישיבה ישיבת ישיבות שיחה שיחת שיחות מפגש מפגשים דיון דיונים זום קפה",
    "agenda": "agenda אג'נדה אג'נדת אגנדה",
    "document": "document minutes protocol transcript file doc note material paper folder "
    "archive drive "
    "מסמך מסמכים מסמכי קובץ קבצים קבצי חומר חומרים תיקייה תיקיה תיעוד דרייב פרוטוקול פרוטוקולים",
    "report": 'report דוח דו"ח דוחות דו"חות',
    "status": "status progress situation update news סטטוס התקדמות מצב עדכון עדכונים",
    "works": "working running broken wrong faulty failing properly עובד עובדת עובדים תקול "
    "תקולה שבור",
    "extent": "point bullet line sentence paragraph page נקודה נקודות משפט משפטים שורה שורות "
    "פסקה פסקאות",
    "strategy": "strategy strategic אסטרטגיה אסטרטגיית אסטרטגיות",
    "theme": "theme trend insight נושאים מגמה מגמות תובנה תובנות",
    "analyze": "analysis ניתוח",
    "understand": "understanding הבנה",
    "summarize": "summary overview digest gist synopsis rundown outline roundup recap tl;dr "
    "סיכום סיכומים סיכומי תקציר "
    "תמצית סקירה",
    "find": "חיפוש",
    "check": "diagnostics self-test selftest checkup check-up בדיקה בדיקת אבחון",
    "calendar": 'calendar diary schedule יומן יומני לו"ז לוז',
    "event": "event אירוע אירועים",
    "free": "free available availability slot opening gap חור חורים פנוי פנויה פנויים פנויות "
    "זמין זמינה "
    "זמינים זמינות חלון חלונות מועד מועדים פנאי",
    "phone": "phone number mobile telephone cellphone טלפון נייד מספר פלאפון",
    "email": 'email e-mail mail inbox מייל אימייל דוא"ל מיילים',
    "decide": "decision החלטה החלטות החלטת",
    "address": "address כתובת",
    "contact": "contact פרטים פרטי",
    "system": "system healthy health תקין setup installation מערכת תקינות",
    "time": "time hour זמן שעה שעות",
    "week": "week weekly שבועי שבועית",
    "invite": "invitation הזמנה",
    "translate": "translation תרגום",
    "task": "task todo משימה משימות",
    "reminder": "reminder תזכורת תזכורות",
    "cost": "price מחיר עלות עלויות",
}
"""Nouns and adjectives; English plurals are made."""

EXPRESSIONS: dict[str, str] = {
    "get together": "meet v",
    "follow up": "meet v",
    "סדר יום": "agenda n",
    "סדר היום": "agenda n",
    "short version": "summarize n",
    "main points": "summarize n",
    "key points": "summarize n",
    "עיקרי הדברים": "summarize n",
    "תקציר מנהלים": "summarize n",
    "תמונת מצב": "status n",
    "תמונת המצב": "status n",
    "the latest": "status n",
    "the latest news": "status n",
    "up and running": "works n",
    "talking points": "agenda n",
    "discussion points": "agenda n",
    "נקודות לדיון": "agenda n",
    "איש קשר": "contact n",
    "אנשי קשר": "contact n",
    "אנשי הקשר": "contact n",
    "איש הקשר": "contact n",
    "address book": "contact n",
    "how much": "howmuch a",
    "how many": "howmuch a",
    "free time": "free n",
    "free slot": "free n",
    "time slot": "free n",
    "open slot": "free n",
    "good time": "free n",
    "זמן פנוי": "free n",
    "where do we stand": "status n",
    "where we stand": "status n",
    "where it stands": "status n",
    "where things are": "status n",
    "where are we": "status n",
    "איפה עומד": "status n",
    "איפה עומדים": "status n",
    "נקודות לשיחה": "agenda n",
    "נקודות לפגישה": "agenda n",
    "נקודות לישיבה": "agenda n",
    "points for": "agenda n",
    "do i have": "mine a",
    "have i got": "mine a",
    "יש לי": "mine a",
    "when could": "free a",
    "when would": "free a",
    "מתי נוח": "free a",
    "מתי מתאים": "free a",
    "when can": "free a",
    "מתי אפשר": "free a",
    "מתי נוכל": "free a",
    "מתי ניתן": "free a",
    "send me": "give v",
    "תשלח לי": "give v",
    "תשלחי לי": "give v",
    "שלח לי": "give v",
    "where things stand": "status n",
    "איפה אנחנו עומדים": "status n",
    "up to date": "status n",
}
"""Several words with one meaning: concept and v(erb), i(nfinitive), n(oun) or a(sking word)."""

ASKING: dict[str, str] = {
    "what": "what which whatever מה מהו מהי מהם מהן איזה איזו אילו",
    "who": "who whom whose מי מיהו מיהי",
    "when": "when מתי",
    "where": "where איפה היכן לאן מאין",
    "why": "why למה מדוע",
    "how": "how איך כיצד",
    "howmuch": "כמה",
    "whether": "whether האם",
    "mine": "",
}
"""Interrogatives."""

CONCEPTS = frozenset((*VERBS, *IRREGULAR, *NOUNS.values(), *ASKING, "brief", "have"))
"""All that words of the lists mean; other terms are stems."""

IMPLIED: dict[str, tuple[str, ...]] = {
    "meet": ("schedule", "meeting"),
    "understand": ("analyze",),
    "analyze": ("understand",),
    "block": ("schedule",),
}
"""What asking for a verb says, too: to meet somebody is to set a meeting."""

KINDS: dict[str, tuple[str, ...]] = {"report": ("document",)}
"""What a thing is a kind of: who finds documents finds reports."""

KNOWN_VERBS = frozenset(VERBS) | frozenset(IRREGULAR) | {"brief", "meet"}
"""Concepts of verbs that are understood, whatever agents there are."""

LIGHT = frozenset({"show", "tell", "give", "know", "help", "check", "ask", "do", "say", "have"})
"""Verbs that ask for whatever stands after them, so that they say little about which agent."""

COMPREHENDING = frozenset({"understand", "analyze", "brief"})
"""Verbs that ask for an analysis, even where they lead to a question."""

MEANS = frozenset({"read", "find", "open"})
"""Verbs whose object is material for what is asked next: read it, then tell me what it says."""

ABOUT_RECORDS = frozenset(
    {"decide", "say", "sign", "cost", "pay", "write", "order", "send", "change", "move", "cancel"}
)
"""Verbs that, in a question, ask about what is written down somewhere."""

DELIVERABLE = frozenset({"report", "summarize", "agenda", "status"})
"""Things that are written for whoever asks."""

MAKING = frozenset({"prepare", "write", "run"})
"""Verbs that ask for a thing: which one, the noun says."""

POLITE = folded(
    "please kindly then also just now next first finally afterwards hi hello hey so ok okay thanks "
    "אנא בבקשה נא אז גם ואז עכשיו כעת קודם תחילה לבסוף היי שלום תודה אוקיי אוקי בנוסף כמובן אשמח "
    "בסוף separately additionally רגע בנפרד בבקשה"
)
"""Words before a verb that leave it the first of its clause."""

WANTING = folded(
    "can could would will you want need like wish able must should let's lets let us we i'd we'd "
    "i i'll i'm going to have me help try trying shall might love i've we've hope "
    "אפשר ניתן תוכל תוכלי תוכלו יכול יכולה יכולים אני אנחנו רוצה רוצים צריך צריכה צריכים מבקש "
    "תנסה תנסי נסה נסי לנסות הואל תואיל תואילי בטובך "
    "מבקשת כדאי בוא בואי בואו הייתי היית עליך חייב חייבת אתה את אם לי לנו נרצה ארצה תעזור תעזרי "
    "עזור מעוניין מעוניינת אבקש חשוב ממך"
)
"""Words between the start of a clause and the verb that is wanted."""

MODAL = folded(
    "can could would will want need like wish able must should let's lets let shall help love "
    "try to "
    "תנסה תנסי נסה נסי תואיל תואילי הייתי היית "
    "אפשר ניתן תוכל תוכלי תוכלו יכול יכולה רוצה רוצים צריך צריכה צריכים מבקש מבקשת כדאי בוא בואי "
    "בואו חייב חייבת תעזור תעזרי עזור מעוניין מעוניינת אשמח אבקש נא ממך לי עליך"
)
"""Those of them after which an infinitive is a wish, not a purpose."""

NEGATIONS = folded(
    "don't dont not never no without doesn't won't cannot can't nor instead rather אל לא בלי "
    "ללא מבלי אין בלתי ולא"
)

CONJUNCTIONS = folded("and then just but plus or & וגם ואז ואחר אבל אך או ואחרי")

TOPIC_MARKERS = folded(
    "about regarding concerning re on discussing covering around relating "
    "על לגבי אודות בנושא בעניין בנוגע בקשר בדבר בנושאי"
)
"""Words before what something is about."""

NAMES_LIKE_SMALL_WORDS = folded("איתי שלי לי טוב יש")
"""Names that are small words, too: only after "with"."""

HEDGES = folded("maybe perhaps possibly might someday sometime אולי ייתכן יתכן פעם מתישהו")
"""Words that make of a wish a thought: nothing is done at their word."""

SOURCES = folded("from using מתוך לפי")
"""Words before the documents that something is made of."""

PLACE_MARKERS = folded("at in of from for within inside של אצל מתוך עבור")
"""Words before the project, customer or place that something belongs to."""

WITH = folded("with עם ועם")

PRONOUNS: dict[str, str] = {
    "him": "one",
    "her": "one",
    "them": "all",
    "איתו": "one",
    "איתה": "one",
    "אתו": "one",
    "אתה": "one",
    "עמו": "one",
    "עמה": "one",
    "איתם": "all",
    "איתן": "all",
    "אתם": "all",
    "לו": "one",
    "שלו": "one",
    "שלה": "one",
    "his": "one",
    "their": "all",
}
"""Words that mean the last person named before, or all of them."""

TITLES = folded(
    "mr mr. mrs mrs. ms ms. miss dr dr. prof prof. professor doctor sir "
    "מר גברת גב' הגב' הגברת האדון ד\"ר דוקטור פרופ' פרופסור עו\"ד רו\"ח הרב"
)

FUNCTION = folded(
    "a an the this that these those my your our its it is are was were be been being am as any all "
    "every some each more most other another everything anything something thing things stuff "
    "there here which with by from to of for in at on into up out over under off me i you he "
    "she we they us him her them his their and or but if so than too very only again still yet "
    "did does do has had have having will would can could should may might must not no yes "
    "team's really exactly possible quick short long main key major important urgent new "
    "latest recent one ones between during "
    "before after until since while because whichever kind kinds type types sort sorts lot bit way "
    "maybe perhaps together rather myself yourself ourselves themselves else around back away down "
    "through quickly lately whole properly top first quiet peace else's something's everything's "
    "few several couple along great nice lovely wonderful perfect based nobody "
    "everyone everybody anyone someone far "
    "go goes went gone won rose fell grew began came became took "
    "end half latest version there's "
    "הכול את אתם אנו הוא היא הם הן זה זו זאת אלה אלו יש אין היה היו הייתה היתה להיות הבאה "
    "הבאים הבאות הקרובה שנת בשנת "
    "כל כולם הכל שלי "
    "שלנו שלך שלכם שלהם לי לנו לך לכם להם בו בה בהם איתי איתנו אצלנו עם של על אל מן מ ב ל ה ו ש כ "
    "או גם רק עוד כבר אם כי כדי בשביל עבור אצל בין לפני אחרי עד מאז תוך כמו יותר הכי מאוד ביותר "
    "משהו דבר דברים פה כאן שם חדש חדשה קצר קצרה קצת הבא שבו שבה אותו אותה אותם אותן אליו אליה "
    "כאשר כש אבל לא בבקשה אחר חייב טוב טובה אילו אחד אחת הקרוב הזה הזאת הזו איך אותי אותנו ביחד "
    "יחד אנחנו אני אולי פעם בנפרד לבד בשקט עצמי בעצמי דווקא ממש שום סוג אצלך אצלי אצלכם כמו "
    "הכול כול "
    "עבורי עבורנו דחוף דחופה סמך בסיס סוף כזה כזאת כזו אף אחד כלום בכל"
)
"""Words that are never a topic, nor what an agent is found by."""

ORGANISATIONAL = folded(
    "project company team office customer client department topic subject matter issue company's "
    "work working year month day days quarter thing "
    "פרויקט פרוייקט חברה חברת צוות לקוח מחלקה מחלקת נושא עניין עבודה שנה חודש יום ימים"
)
"""Nouns before a name that say what it is: the Lotus project, פרויקט לוטוס."""

NAMES_WITH_PREFIX_LETTERS = folded(
    "בן בר בת ברק ברוך בועז ביטון בנאי בוזגלו בלום ברגר ברנר לוי לביא ליאור לירון ליאת לאה לב לוין "
    "לפיד להב ליבוביץ מאיר מור מורן מזרחי מלכה משה מיכל מיכאל מרים מאיה מעיין מנחם מלמד מושקוביץ "
    "הדס הדר הילה הלל הראל הלוי הרצוג הופמן שי שיר שירה שרון שרה שלמה שלום שמעון שמש שמיר שפירא "
    "שטרן שקד שחר שני וייס ויקטור ורד ורדי ולד כהן כץ כרמי כרמל כרמלה כוכבי כלב קרן"
)
"""Common Israeli names whose first letter could be read as a prefix."""
