//! The words of phrases in languages other than English. A list is a concept, a line is a language; `stem*` stands for
//! its inflected forms. Accents and case are folded on both sides, so words are written as people write them.

/// Lists by name, sorted; in each, a language (ISO 639-1) and its words.
pub(super) static LISTS: &[(&str, &[(&str, &str)])] = &[
    ("addressing", ADDRESSING),
    ("agentaction", AGENT_ACTION),
    ("all", ALL),
    ("announced", ANNOUNCED),
    ("before", BEFORE),
    ("discard", DISCARD),
    ("machine", MACHINE),
    ("orders", ORDERS),
    ("possession", POSSESSION),
    ("prior", PRIOR),
    ("prose", PROSE),
    ("restraint", RESTRAINT),
    ("show", SHOW),
    ("systemprompt", SYSTEM_PROMPT),
    ("without", WITHOUT),
    ("yours", YOURS),
];

/// Verbs of discarding, as orders.
const DISCARD: &[(&str, &str)] = &[
    ("ar", "*تجاهل *انسَ *انسى *أهمل"),
    ("bn", "উপেক্ষা ভুলে"),
    ("cs", "ignorujte ignoruj zapomeň zapomeňte zabudni zabudnite"),
    ("da", "ignorér glem bortse"),
    ("de", "ignorier* vergiss vergesse vergessen vergesst missachte* verwirf überschreibe*"),
    ("el", "αγνόησε αγνοήστε ξέχνα ξεχάστε ξέχασε"),
    (
        "es",
        "ignora ignore ignorar ignoren olvida olvide olvidar olvidate omite omita descarta descarte desestima omiso",
    ),
    ("fa", "نادیده فراموش"),
    ("fi", "unohda unohtakaa ohita sivuuta"),
    ("fr", "ignore ignorez ignorer oublie oubliez oublier néglige négligez outrepasse outrepassez"),
    ("he", "*התעלם *התעלמ *שכח"),
    ("hi", "अनदेखा भूल नजरअंदाज नज़रअंदाज उपेक्षा इग्नोर"),
    ("hu", "felejtsd felejtse ignoráld hagyd hagyja"),
    ("id", "abaikan lupakan"),
    ("it", "ignori ignorare ignorate dimentica dimentichi dimenticare dimenticate trascura"),
    ("ja", "無視 忘れ 破棄 従わない 取り消"),
    ("ko", "무시 잊어 잊고 따르지"),
    ("nl", "negeer negeren vergeet"),
    ("pl", "zignoruj* ignoruj* zapomnij* pomiń odrzuć"),
    ("pt", "ignorem esqueça esquece esquecer esqueçam desconsidere desconsidera"),
    ("ro", "uită uitați ignorați"),
    ("ru", "игнорируй* проигнорируй* игнорировать забудь* отбрось* отмени*"),
    ("sv", "ignorera glöm bortse"),
    ("th", "เพิกเฉย ไม่ต้องสนใจ ละเว้น ลืม"),
    ("tr", "unut unutun unutunuz yoksay* göz"),
    ("uk", "ігноруй* проігноруй* забудь* відкинь* знехтуй*"),
    ("ur", "نظرانداز"),
    ("zh", "忽略 无视 忘记 忘掉 不要理会 無視 忽視 跳过 忘記 不用管 抛弃 摒弃"),
];

/// What came first, and all of it.
const PRIOR: &[(&str, &str)] = &[
    ("ar", "*السابق *أعلاه *جميع *الأولي"),
    ("bn", "পূর্ববর্তী আগের সমস্ত"),
    ("cs", "předchozí* předešl* predchádzaj* všechn* všetk*"),
    ("da", "tidligere forrige foregående ovenstående alle"),
    (
        "de",
        "vorherig* vorige* bisherig* obig* frühere* vorangegangen* vorhergehend* vorausgehend* ursprünglich* letzten ersten deine ihre alle allen sämtliche",
    ),
    ("el", "προηγούμεν* παραπάνω όλες"),
    ("es", "anterior* previas previa previos iniciales arriba originales dadas recibid* todas tus"),
    ("fa", "قبلی پیشین بالا تمام"),
    ("fi", "aiemm* aikaisem* edellis* kaikki"),
    ("fr", "précédent* antérieur* ci-dessus initial* préalable* reçues toutes tes vos"),
    ("he", "*הקודמ *לעיל"),
    ("hi", "पिछले सभी पहले उपरोक्त ऊपर पूर्व"),
    ("hu", "korábbi* előző* eddigi* fenti* minden összes"),
    ("id", "sebelumnya semua"),
    ("it", "precedent* sopra tutte tue ricevut*"),
    ("ja", "以前 これまで 上記 前の 先の すべて 全て 今まで 元の"),
    ("ko", "이전 앞의 위의 기존 모든 지금까지"),
    ("nl", "vorige eerdere bovenstaand* voorgaand* oorspronkelijke"),
    ("pl", "poprzedni* wcześniejsz* powyższ* wszystki* dotychczasow*"),
    ("pt", "acima iniciais prévias todas suas"),
    ("ro", "anterioare precedente toate"),
    ("ru", "предыдущ* прежн* прошл* предшествующ* вышеуказанн* изначальн* исходн* все свои твои"),
    ("sv", "tidigare föregående ovanstående alla"),
    ("th", "ก่อนหน้า ทั้งหมด ข้างต้น"),
    ("tr", "önceki* yukarıdaki* bütün tüm"),
    ("uk", "попередн* раніш* всі усі початков*"),
    ("vi", "trước trên"),
    ("zh", "之前 以上 先前 上述 前面 所有 上面 此前 你的 一切 原有 原来"),
];

/// What a model is told to keep to.
const ORDERS: &[(&str, &str)] = &[
    ("ar", "*تعليمات *أوامر *قواعد *توجيهات *إرشادات"),
    ("bn", "নির্দেশ নিয়ম"),
    ("cs", "instrukc* pokyn* příkaz* pravid*"),
    ("da", "instruks* regler anvisninger retningslinj*"),
    (
        "de",
        "anweisung* instruktion* befehl* regeln vorgabe* anordnung* richtlinie* aufträge aufforderung* prompts prompt kommandos aufgaben angaben",
    ),
    ("el", "οδηγί* εντολ* κανόν*"),
    ("es", "instruccion* órdenes reglas indicacion* directri* directivas"),
    ("fa", "دستور* قوانین"),
    ("fi", "ohjee* ohjei* määräy* säänn*"),
    ("fr", "instruction* consigne* directives règles ordres indications"),
    ("he", "*הוראות *הנחיות *כללים"),
    ("hi", "निर्देश आदेश नियम"),
    ("hu", "utasítás* szabály* parancs*"),
    ("id", "instruksi* perintah* aturan*"),
    ("it", "istruzion* regole ordini direttive indicazioni"),
    ("ja", "指示 命令 ルール プロンプト 指令 規則 制約"),
    ("ko", "지시 명령 지침 프롬프트 규칙"),
    ("nl", "instructie* opdrachten regels richtlijnen aanwijzingen"),
    ("pl", "instrukcj* polece* zasad* wytyczn*"),
    ("pt", "instruç* ordens regras orientaç* diretrizes comandos"),
    ("ro", "instrucțiuni* reguli* comenzi*"),
    ("ru", "инструкц* указани* команд* правил* распоряжени* задани* директив* установк* промпт*"),
    ("sv", "instruktion* anvisning* riktlinj* reglern*"),
    ("th", "คำสั่ง คำแนะนำ กฎ"),
    ("tr", "talimat* komut* kural* yönerge*"),
    ("uk", "інструкц* вказівк* правил* наказ* розпорядженн*"),
    ("vi", "hướng lệnh"),
    ("zh", "指令 指示 提示 规则 命令 要求 说明 规定 規則 說明 规范"),
];

/// Everything.
const ALL: &[(&str, &str)] = &[
    ("cs", "všechno všetko"),
    ("de", "alles"),
    ("es", "todo"),
    ("fr", "tout"),
    ("hi", "सब"),
    ("it", "tutto"),
    ("ja", "すべて 全て 全部"),
    ("ko", "모든 모두 전부"),
    ("pl", "wszystko wszystkim"),
    ("pt", "tudo"),
    ("ru", "все всё"),
    ("tr", "şeyi herşeyi"),
    ("uk", "все усе"),
    ("zh", "所有 一切 全部"),
];

/// Said, or standing, before this.
const BEFORE: &[(&str, &str)] = &[
    ("cs", "předtím dosud výše"),
    ("de", "vorher zuvor davor bisher bisherige oben gesagt gesagte gelernt"),
    ("es", "anterior antes dicho arriba"),
    ("fr", "précède avant dessus précédemment"),
    ("hi", "पहले ऊपर"),
    ("it", "prima sopra precedente detto"),
    ("ja", "以前 これまで 上記 今まで"),
    ("ko", "이전 지금까지 앞서"),
    ("nl", "hiervoor hierboven eerder"),
    ("pl", "powyżej wcześniej dotąd dotychczas"),
    ("pt", "acima dito"),
    ("ru", "раньше ранее выше прежде сказано говорили"),
    ("tr", "önce önceki yukarıdaki"),
    ("uk", "вище раніше сказано"),
    ("zh", "之前 前面 上面 以上 先前 此前"),
];

/// The text, question or task that stood before.
const PROSE: &[(&str, &str)] = &[
    ("ar", "*النص *الطلب *المهمة"),
    ("cs", "text* požadav* úkol* otázk*"),
    ("de", "text texte aufgabe anfrage frage auftrag informationen dokumente inhalte"),
    ("es", "solicitud texto tarea pregunta petición información"),
    ("fr", "demande texte tâche question contenu"),
    ("hi", "पाठ अनुरोध कार्य प्रश्न"),
    ("it", "richiesta testo compito domanda contenuto"),
    ("ja", "内容 文章 依頼 質問 タスク"),
    ("ko", "내용 요청 질문 작업"),
    ("nl", "verzoek tekst opdracht vraag"),
    ("pl", "tekst* prośb* zadani* pytani*"),
    ("pt", "solicitação pedido tarefa pergunta conteúdo"),
    ("ru", "запрос* текст* задач* вопрос*"),
    ("tr", "metni istekleri isteği görevi soruyu"),
    ("uk", "запит* текст* завдан* питанн*"),
    ("zh", "内容 文本 请求 任务 问题 文字"),
];

/// Another job is announced.
const ANNOUNCED: &[(&str, &str)] = &[
    ("ar", "*مهمتك *دورك"),
    ("de", "aufgabe anweisung anweisungen auftrag ziel"),
    ("es", "tarea instrucción instrucciones misión orden"),
    ("fr", "tâche instruction instructions mission consigne"),
    ("it", "compito istruzione istruzioni missione"),
    ("ja", "タスク 任務 指示 命令 作業"),
    ("ko", "작업 임무 지시 명령"),
    ("nl", "taak opdracht instructie instructies"),
    ("pl", "zadanie polecenie instrukcje instrukcja"),
    ("pt", "tarefa instrução instruções missão"),
    ("ru", "задача задание инструкция инструкции"),
    ("tr", "görev talimat görevin"),
    ("uk", "завдання інструкція інструкції"),
    ("zh", "任务 指令 指示 任務"),
];

/// Verbs of showing, as orders.
const SHOW: &[(&str, &str)] = &[
    ("ar", "*اعرض *اكشف *كرر *اطبع *أظهر *أخبرني"),
    ("de", "zeig zeige zeigen nenne nennen gib wiederhole wiederholen drucke verrate verraten offenbare"),
    ("es", "muestra muéstrame muestre revela revele repite repita imprime imprima dime"),
    ("fa", "نشان بگو"),
    ("fr", "montre montrez affiche affichez révèle révélez répète répétez imprime donne donnez"),
    ("hi", "दिखा बता प्रकट दोहरा"),
    ("id", "tampilkan ungkapkan ulangi"),
    ("it", "mostra mostrami rivela ripeti stampa dimmi"),
    ("ja", "表示 教えて 出力 見せて 繰り返 開示"),
    ("ko", "보여 알려 출력 공개 말해"),
    ("nl", "toon onthul herhaal geef"),
    ("pl", "pokaż ujawnij powtórz wyświetl podaj"),
    ("pt", "mostre revele repita imprima diga-me"),
    ("ru", "покажи* выведи* раскрой* повтори* напечатай* назови* перечисли* процитируй*"),
    ("th", "แสดง บอก เปิดเผย"),
    ("tr", "göster yazdır açıkla tekrarla söyle paylaş"),
    ("uk", "покажи* виведи* розкрий* повтори* назви*"),
    ("zh", "显示 输出 告诉 重复 打印 透露 公布 展示 列出 复述 说出 泄露 顯示 輸出"),
];

/// Yours, said to the model.
const YOURS: &[(&str, &str)] = &[
    ("ar", "*الخاصة *لديك"),
    ("de", "dein deine deinen deiner eure ihren"),
    ("es", "tus sus"),
    ("fr", "tes ton votre vos"),
    ("hi", "अपने आपके अपना अपनी"),
    ("it", "tuo tue tuoi"),
    ("ja", "あなたの 君の"),
    ("ko", "당신의 너의"),
    ("nl", "jouw"),
    ("pl", "swoje swój twoje twój"),
    ("pt", "seu suas seus tuas"),
    ("ru", "твои твой свои свой"),
    ("tr", "senin sana kendi"),
    ("uk", "твої твій свої свій"),
    ("zh", "你的 您的"),
];

/// The system prompt by name.
const SYSTEM_PROMPT: &[(&str, &str)] = &[
    ("ar", "*موجه *مطالبة"),
    (
        "de",
        "systemprompt* system-prompt* systemanweisung* systemnachricht* eingabeaufforderung* prompt prompts prompttext*",
    ),
    ("hi", "प्रॉम्प्ट"),
    ("ja", "システムプロンプト システム指示 システムメッセージ 初期指示"),
    ("ko", "시스템 프롬프트"),
    ("ru", "промпт* системн*"),
    ("tr", "istem istemi istemini"),
    ("uk", "промпт* системн*"),
    ("zh", "系统提示 系統提示 提示词 提示詞 初始指令 系统指令 初始设定"),
];

/// Names of the reader, when the reader is a model.
const MACHINE: &[(&str, &str)] = &[
    ("ar", "*الذكاء *المساعد"),
    ("de", "ki ki-system* ki-assistent* ki-agent* ki-modell* sprachmodell* chatbot* assistenten"),
    ("es", "ia asistente"),
    ("fr", "l'ia d'ia"),
    ("hi", "एआई सहायक"),
    ("id", "asisten"),
    ("ja", "人工知能 アシスタント 言語モデル"),
    ("ko", "인공지능 어시스턴트 챗봇"),
    ("nl", "taalmodel assistent"),
    ("pl", "asystent*"),
    ("pt", "assistente"),
    ("ru", "ии ии-* нейросет* ассистент* чат-бот*"),
    ("sv", "ai-assistent* språkmodell*"),
    ("tr", "asistan* yapay"),
    ("uk", "ші ші-* асистент* чат-бот*"),
    ("zh", "人工智能 助手 语言模型 智能体 机器人"),
];

/// How a note to somebody begins.
const ADDRESSING: &[(&str, &str)] = &[
    ("ar", "*ملاحظة *رسالة *تنبيه *عزيزي"),
    ("de", "hinweis nachricht anweisung wichtig hallo liebe lieber achtung notiz"),
    ("es", "nota mensaje atención importante aviso estimado querido instrucción"),
    ("fr", "message remarque attention cher note"),
    ("hi", "नोट संदेश ध्यान प्रिय"),
    ("id", "catatan pesan perhatian"),
    ("it", "messaggio attenzione avviso gentile caro"),
    ("ja", "注意 メッセージ 重要 注記 お知らせ"),
    ("ko", "참고 메시지 주의 중요 공지"),
    ("nl", "bericht opmerking belangrijk beste"),
    ("pl", "uwaga wiadomość notatka ważne drogi"),
    ("pt", "mensagem atenção aviso prezado caro"),
    ("ru", "примечание сообщение внимание важно заметка уважаем* дорог* инструкция"),
    ("sv", "meddelande viktigt till"),
    ("tr", "not mesaj dikkat önemli sayın sevgili"),
    ("uk", "примітка повідомлення увага важливо шановн*"),
    ("zh", "注意 通知 致 亲爱的 留言 消息"),
];

/// What an agent would be made to do, as orders.
const AGENT_ACTION: &[(&str, &str)] = &[
    ("ar", "*احذف *أرسل *حوّل *امنح"),
    ("de", "lösche überweise sende schicke leite lade gewähre deaktiviere erstelle genehmige"),
    ("es", "borra elimina envía transfiere reenvía desactiva concede aprueba añade"),
    (
        "fr",
        "supprimez supprime transférez transfère envoyez envoie désactivez ajoutez ajoute virez approuvez",
    ),
    ("hi", "हटा भेज स्थानांतरित"),
    ("it", "elimina cancella invia inoltra trasferisci disattiva aggiungi approva"),
    ("ja", "削除 送信 転送 送金 無効"),
    ("ko", "삭제 전송 송금 보내 비활성"),
    ("nl", "verwijder verstuur stuur maak schakel keur"),
    ("pl", "usuń wyślij prześlij przelej wyłącz zatwierdź dodaj"),
    ("pt", "apague exclua envie transfira encaminhe desative aprove adicione"),
    ("ru", "удали* отправь* перешли* переведи* отключи* добавь* одобри* выдай*"),
    ("tr", "sil gönder aktar ilet onayla ekle"),
    ("uk", "видали* надішли* перешли* переведи* вимкни* додай* схвали*"),
    ("zh", "删除 发送 转发 转账 禁用 授予 批准 上传 刪除"),
];

/// What an agent holds and should not give away.
const POSSESSION: &[(&str, &str)] = &[
    ("ar", "*الملفات *الرسائل *كلمة *حساب"),
    (
        "de",
        "dateien datei nachrichten konto passwort passwörter euro gespräch* unterhaltung kundendaten benutzer administrator zwei-faktor* adressbuch",
    ),
    ("es", "archivos mensajes cuenta contraseña* euros conversación usuario administrador"),
    ("fr", "fichiers messages compte passe euros conversation administrateur"),
    ("hi", "फ़ाइलें फाइलें संदेश पासवर्ड खाते"),
    ("it", "file messaggi conto password euro conversazione utente amministratore"),
    ("ja", "ファイル メッセージ パスワード 口座 会話 認証"),
    ("ko", "파일 메시지 비밀번호 계좌 대화 인증"),
    ("nl", "bestanden berichten rekening wachtwoord* gesprek gebruiker beheerder"),
    ("pl", "pliki plik* wiadomości konto hasł* rozmow* administrator*"),
    ("pt", "arquivos mensagens conta senha* conversa usuário administrador"),
    ("ru", "файл* сообщени* счёт* счет* парол* переписк* администратор*"),
    ("tr", "dosya* mesaj* hesab* parola* şifre* yönetici*"),
    ("uk", "файл* повідомленн* рахун* парол* листуванн* адміністратор*"),
    ("zh", "文件 消息 密码 账户 账号 对话 管理员 記錄 记录"),
];

/// Without, where it stands before what is missing.
const WITHOUT: &[(&str, &str)] = &[
    ("ar", "بدون *دون *بلا"),
    ("de", "ohne keine keinerlei"),
    ("es", "sin ninguna"),
    ("fr", "sans aucune"),
    ("it", "senza nessuna"),
    ("nl", "zonder"),
    ("pl", "bez"),
    ("pt", "sem nenhuma"),
    ("ru", "без"),
    ("uk", "без"),
    ("zh", "没有 不受 无需 无视 沒有 不再受"),
];

/// What restrains a model.
const RESTRAINT: &[(&str, &str)] = &[
    ("ar", "*قيود *رقابة *حدود"),
    ("de", "einschränkung* beschränkung* filter zensur moral* ethik* ethisch*"),
    ("es", "restriccion* límites filtros censura ética moral limitaciones"),
    ("fr", "restriction* limites filtres censure éthique morale"),
    ("hi", "प्रतिबंध सीमा सेंसर"),
    ("it", "restrizion* limiti filtri censura etica morale"),
    ("ja", "制限 検閲 倫理 フィルター 制約"),
    ("ko", "제한 검열 윤리 필터 제약"),
    ("nl", "beperking* filters censuur"),
    ("pl", "ograniczeń filtrów cenzury"),
    ("pt", "restriç* limites filtros censura ética moral"),
    ("ru", "ограничени* цензур* фильтр* морал* этик*"),
    ("tr", "sınırlama* kısıtlama* sansür* filtre*"),
    ("uk", "обмежен* цензур* фільтр* морал*"),
    ("zh", "限制 约束 审查 道德 過濾 过滤 约束"),
];
