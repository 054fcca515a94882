import { reminderWish, type ReminderWish } from './builtin-reminders.ts'

/** What a person wants, as far as one can tell without a language model. */
export type Intent =
  | { readonly kind: Plain | 'question' | 'statement' }
  | { readonly kind: Named; readonly what: string }
  | ReminderWish

type Plain =
  | 'greeting'
  | 'wellBeing'
  | 'thanks'
  | 'okay'
  | 'goodbye'
  | 'goodNight'
  | 'name'
  | 'help'
  | 'time'
  | 'request'
type Named = 'remember' | 'forget' | 'about'

/** Whole messages, in lower case and without signs. */
const MESSAGES: readonly (readonly [Exclude<Plain, 'request'>, string])[] = [
  [
    'greeting',
    `hi|hi there|hello|hello there|hey|good morning|good afternoon|good evening|你好|您好|嗨|早上好|晚上好|こんにちは|おはよう|
    おはようございます|こんばんは|안녕|안녕하세요|hola|buenos días|buenas tardes|buenas|bonjour|salut|bonsoir|coucou|hallo|guten morgen|
    guten tag|guten abend|moin|servus|olá|oi|bom dia|boa tarde|ciao|buongiorno|buonasera|salve|привет|здравствуй|здравствуйте|
    добрый день|доброе утро|добрый вечер|مرحبا|مرحبًا|السلام عليكم|أهلا|صباح الخير|مساء الخير`,
  ],
  [
    'wellBeing',
    `how are you|how are you doing|hows it going|how do you do|你好吗|最近怎么样|元気|元気ですか|お元気ですか|잘 지내|잘 지내요|
    어떻게 지내|cómo estás|qué tal|comment ça va|ça va|comment vas tu|wie geht es dir|wie gehts|wie gehts dir|como vai|
    tudo bem|como você está|come stai|come va|как дела|كيف حالك`,
  ],
  [
    'thanks',
    `thanks|thank you|thanks a lot|thank you very much|many thanks|谢谢|多谢|谢谢你|ありがとう|ありがとうございます|고마워|
    고마워요|감사합니다|gracias|muchas gracias|merci|merci beaucoup|danke|danke dir|danke schön|vielen dank|obrigado|obrigada|
    muito obrigado|muito obrigada|grazie|grazie mille|спасибо|большое спасибо|شكرا|شكرًا|شكرا جزيلا`,
  ],
  [
    'okay',
    `ok|okay|yes|yeah|yep|no|nope|sure|fine|great|cool|nice|alright|all right|i see|good|好|好的|嗯|是|不|行|はい|うん|いいえ|了解|네|응|
    아니|아니요|그래|sí|vale|no gracias|oui|non|daccord|ja|nein|gut|klar|alles klar|sim|não|tá|certo|sì|va bene|да|нет|хорошо|
    ладно|نعم|لا|حسنا|حسنًا|طيب`,
  ],
  [
    'goodbye',
    `bye|goodbye|good bye|bye bye|see you|see you later|see you tomorrow|再见|拜拜|またね|さようなら|バイバイ|잘 가|안녕히 계세요|
    adiós|hasta luego|hasta mañana|au revoir|à bientôt|à demain|tschüss|tschüs|auf wiedersehen|bis bald|bis morgen|tchau|
    até logo|até amanhã|arrivederci|a domani|пока|до свидания|до завтра|مع السلامة|إلى اللقاء|وداعا`,
  ],
  [
    'goodNight',
    `good night|goodnight|night|sleep well|晚安|おやすみ|おやすみなさい|잘 자|안녕히 주무세요|buenas noches|bonne nuit|gute nacht|
    schlaf gut|boa noite|buona notte|buonanotte|спокойной ночи|доброй ночи|تصبح على خير|تصبحين على خير|ليلة سعيدة`,
  ],
  [
    'name',
    `what is your name|whats your name|who are you|你叫什么|你叫什么名字|你是谁|お名前は|名前は|あなたは誰|あなたは誰ですか|이름이 뭐야|
    이름이 뭐예요|누구세요|cómo te llamas|quién eres|comment tu tappelles|comment tappelles tu|qui es tu|wie heißt du|wer bist du|
    qual é o seu nome|quem é você|come ti chiami|chi sei|как тебя зовут|кто ты|ما اسمك|من أنت`,
  ],
  [
    'help',
    `help|what can you do|what can i do|你能做什么|帮助|何ができる|何ができますか|ヘルプ|뭐 할 수 있어|도움말|qué puedes hacer|ayuda|
    que peux tu faire|que sais tu faire|aide|was kannst du|hilfe|o que você pode fazer|ajuda|cosa sai fare|aiuto|что ты умеешь|
    помощь|ماذا يمكنك أن تفعل|مساعدة`,
  ],
  [
    'time',
    `what time is it|what time is it now|whats the time|what is the time|what day is it|what day is it today|what day is today|
    whats the date|what is the date|whats the date today|what is todays date|whats todays date|几点了|现在几点|现在几点了|今天几号|
    今天星期几|今何時|今何時ですか|何時ですか|今日は何日|今日は何曜日|지금 몇 시야|몇 시야|지금 몇 시예요|오늘 며칠이야|오늘 무슨 요일이야|
    qué hora es|qué día es|qué día es hoy|quelle heure est il|il est quelle heure|quel jour sommes nous|on est quel jour|
    wie spät ist es|wie viel uhr ist es|welcher tag ist heute|welches datum ist heute|der wievielte ist heute|que horas são|
    que dia é hoje|che ore sono|che ora è|che giorno è|che giorno è oggi|который час|сколько времени|какое сегодня число|
    какой сегодня день|كم الساعة|ما التاريخ اليوم|ما اليوم`,
  ],
]

/** What takes a language model. */
const REQUEST =
  /^(?:(?:please|bitte|por favor) )?(?:tell|show|give|find|list|search|write|read|make|explain|translate|summari[sz]e|help|erzähl|zeig|schreib|erkläre?|übersetze?|such|hilf|cuénta|dime|muéstra|escribe|explica|traduce|busca|raconte|dis-moi|montre|écris|explique|traduis|cherche|raccont|dimmi|mostra|scrivi|spiega|traduci|cerca|conte|diga|mostre|escreva|traduza|procure|расскажи|покажи|напиши|объясни|переведи|найди|اكتب|اشرح|ترجم|احك|ابحث)(?:e|me|mi|ami|те)?(?!\p{L})|^(?:请|帮我|写|翻译|解释|讲)|(?:教えて|書いて|訳して|探して)|(?:써|알려|번역해|찾아|설명해) ?줘/iu

/** The place of what is meant is group 1. */
const NAMED: Readonly<Record<Named, readonly RegExp[]>> = {
  about: [
    /^what (?:do|did) (?:you|i) (?:know|remember|tell you|say|have) (?:of|about) (.+?)[?.\s]*$/iu,
    /^tell me (?:something |more )?about (.+?)[?.\s]*$/iu,
    /^(?:tell me )?what you (?:know|remember) (?:of|about) (.+?)[?.\s]*$/iu,
    /^was weißt du (?:alles )?(?:über|von) (.+?)[?.\s]*$/iu,
    /^¿?qué sabes (?:de|sobre) (.+?)[?.\s]*$/iu,
    /^que sais[- ]tu (?:de|sur|à propos de) (.+?)[?.\s]*$/iu,
    /^(?:che )?cosa sai (?:di|su|sul|sulla) (.+?)[?.\s]*$/iu,
    /^o que (?:você )?sabe(?:s)? (?:de|sobre) (.+?)[?.\s]*$/iu,
    /^что ты (?:знаешь|помнишь) (?:о|об|обо|про) (.+?)[?.\s]*$/iu,
    /^(?:关于)?(.+?)你(?:都)?(?:知道|记得)(?:些)?什么[?？。]*$/u,
    /^你(?:知道|记得)(?:关于)?(.+?)的?什么[?？。]*$/u,
    /^(.+?)について(?:何を|なにを)?(?:知って|覚えて)/u,
    /^(.+?)에 대해 (?:뭘|무엇을|뭐) /u,
    /^ماذا تعرف عن (.+?)[؟?.\s]*$/u,
  ],
  forget: [
    /^(?:please )?(?:forget|delete)(?: (?:about|that|what i (?:said|told you) about|the memory (?:about|of|that)|everything about))?:? (.+?)[.\s]*$/iu,
    /^(?:bitte )?vergiss(?: bitte)?,?(?: dass| was ich (?:über|von))? (.+?)[.\s]*$/iu,
    /^(?:por favor )?olvida(?: que| lo de)? (.+?)[.\s]*$/iu,
    /^oublie(?: que| ce que j'ai dit sur)? (.+?)[.\s]*$/iu,
    /^dimentica(?: che)? (.+?)[.\s]*$/iu,
    /^(?:por favor )?esque(?:ce|ça)(?: que)? (.+?)[.\s]*$/iu,
    /^забудь(?:те)?,?(?: что| о| об| про)? (.+?)[.\s]*$/iu,
    /^(?:请)?(?:忘记|忘掉|忘了)(.+?)[。\s]*$/u,
    /^(.+?)(?:のこと)?(?:を|は)?忘れて/u,
    /^(.+?)(?:을|를)? 잊어/u,
    /^انس(?:ى)?(?: أن)? (.+?)[.\s]*$/u,
  ],
  remember: [
    /^(?:please |can you |could you )*(?:remember|note|keep in mind)(?: down)?(?: that| this| to)?:? (.+?)$/iu,
    /^(?:please )?(?:do not|don['’]?t) forget(?: that| to)?:? (.+?)$/iu,
    /^(?:bitte )?merk(?:e)? dir(?: bitte)?,?:?(?: dass)? (.+?)$/iu,
    /^(?:por favor )?recuerda(?: que)? (.+?)$/iu,
    /^(?:souviens-toi|retiens)(?: que| de)? (.+?)$/iu,
    /^ricorda(?:ti)?(?: che| di)? (.+?)$/iu,
    /^lembra(?: que)? (.+?)$/iu,
    /^запомни(?:те)?,?(?: что)? (.+?)$/iu,
    /^(?:请)?记住[，,：:]?(.+?)$/u,
    /^(.+?)(?:を|って|と|ことを)覚えて/u,
    /^(.+?)(?:을|를|고|는 걸)? 기억해/u,
    /^تذكر(?: أن)? (.+?)$/u,
  ],
}

const PRONOUN = '(?:i|you|he|she|it|we|they|my|your|his|her|our|their|this|that|there)'

/** Begins and ends of questions that came without their sign. */
const ASKING = [
  /^(?:what|where|who|whose|whom|which|why|how)\b/iu,
  /^when (?:is|are|was|were|do|does|did|will|can|should|has|have)\b/iu,
  new RegExp(
    `^(?:do|does|did|can|could|will|would|should|have|has|had|am|is|are|was|were) ${PRONOUN}\\b`,
    'iu',
  ),
  /^(?:is|are|was|were|does|did) the\b/iu,
  /^(?:was|wann|wo|wer|wem|wen|wie|warum|wieso|welche[rsn]?|wohin|woher|weißt du|kennst du)(?!\p{L})/iu,
  /^(?:qué|cuándo|dónde|quién|cómo|cuál|por qué)(?!\p{L})/iu,
  /^(?:quand|où|qui|quel(?:le)?s?|pourquoi|combien|est-ce)(?!\p{L})/iu,
  /^(?:che cosa|cosa|quando|dove|chi|perché|o que|onde|quem|por que)(?!\p{L})/iu,
  /^(?:что|когда|где|кто|как|почему|какой|какая|какое|сколько|чей|куда)(?!\p{L})/iu,
  /^(?:ما|ماذا|متى|أين|من هو|من هي|كيف|لماذا|هل|كم)(?!\p{L})/u,
  /什么|谁|哪|几点|怎么|多少|吗$|(?:ですか|ますか|ましたか|でしたか|かな)$|(?:니까|나요|가요)$/u,
]

const kinds = new Map(
  MESSAGES.flatMap(([kind, list]) => list.split('|').map((message) => [message.trim(), kind] as const)),
)

/** Longest begin of a message that is looked at. */
const LOOKED_AT = 2_000

/** `name` is who is spoken to, which may stand at the begin or end of a greeting. */
export function understand(text: string, name: string): Intent {
  const message = text.trim().slice(0, LOOKED_AT)
  const known = kinds.get(withoutName(plain(message), plain(name))) ?? kinds.get(plain(message))
  if (known) return { kind: known }
  const wish = reminderWish(message)
  if (wish) return wish
  const asks = isQuestion(message)
  for (const kind of ['about', 'forget', 'remember'] as const) {
    if (asks && kind === 'remember' && !/^(can|could)\b/i.test(message)) continue
    const what = NAMED[kind].map((pattern) => pattern.exec(message)?.[1]).find(Boolean)
    if (what) return { kind, what: kind === 'remember' ? what.replace(/\?$/, '') : what }
  }
  if (asks) return { kind: 'question' }
  return { kind: REQUEST.test(message) ? 'request' : 'statement' }
}

/** Whether a text asks: by its sign, or by how it begins. */
export const isQuestion = (text: string): boolean =>
  /[?？؟]\s*$/u.test(text) || ASKING.some((pattern) => pattern.test(text.trim()))

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()

function withoutName(message: string, name: string): string {
  if (!name) return message
  if (message.endsWith(` ${name}`)) return message.slice(0, -name.length - 1)
  return message.startsWith(`${name} `) ? message.slice(name.length + 1) : message
}
