const words = (text: string): Set<string> => new Set(text.split(/\s+/).filter(Boolean))

/** Openings that make a sentence a question also without its mark. */
const ASKING = words(`
  what what's who who's whose where where's why how how's which do does did can could would should is are was were am
  wer wo warum wieso weshalb wie welche welcher welches wann
  qui quoi où pourquoi comment quel quelle quels quelles
  qué quién quiénes dónde cuándo cómo cuál por-qué
  chi cosa dove perché quale
  quem qual onde
  кто что где когда почему как зачем какой какая сколько
  من ماذا متى أين لماذا كيف هل`)
const ASKING_WHEN = /^when (is|are|was|were|do|does|did|will|can|should)\b/
const ASKING_END = /[?？؟]["'”’»)\s]*$|(吗|嗎|呢|か|까요|나요)[。.!！]*$/u

/** Openings that make a sentence an order. */
const ORDERING = words(`
  tell show give write make set remind play open read list search find look explain help stop start call send translate
  describe sing draw book order forget delete say repeat summarise summarize check correct proofread rewrite shorten fix
  sag zeig gib schreib erzähl erinnere hilf lies übersetze übersetz fasse fass erkläre erklär korrigiere kürze
  dis montre donne écris raconte rappelle aide traduis résume explique corrige
  di dime muestra dame escribe cuéntame recuérdame ayuda traduce resume explica corrige
  dimmi mostra scrivi raccontami aiutami traduci riassumi spiega correggi
  diga mostra escreve conta lembra ajuda traduza resuma explique corrija`)

/** Said to be polite. */
const SMALL_TALK = words(`
  hi hey hello hallo hola salut bonjour bonsoir ciao olá oi servus moin привет здравствуй مرحبا
  thanks thank danke merci gracias grazie obrigado obrigada спасибо شكرا
  bye goodbye tschüss adiós ok okay yes yeah yep no nope nah sure fine great cool nice wow haha lol
  ja nein oui non sí si sim não да нет good-morning`)
const SMALL_PHRASE =
  /^(good (morning|evening|night|afternoon|day)|guten (morgen|abend|tag)|gute nacht|buenos días|buenas (tardes|noches)|buongiorno|buonanotte|bom dia|boa (noite|tarde)|see you|sounds good|of course|got it|well done|how are you|i see|you too|доброе утро|спокойной ночи)\b/u
const SMALL_SIGNS =
  /^(你好|您好|嗨|谢谢|早上好|早安|晚安|再见|好的|こんにちは|こんばんは|おはよう|ありがとう|おやすみ|はい|いいえ|안녕|고마워|감사합니다|네|아니요)/u
/** A greeting with a name, not a greeting with a story. */
const GREETING_WORDS = 4

const SEVERAL = /[.!?…。！？؟\n]["')\]”’»\s]*\S/u
const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' })
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/**
 * The part of a message that states something and so is worth remembering; undefined when nothing does.
 * Questions, greetings, thanks and orders are left out, sentence by sentence.
 */
export function worthRemembering(text: string): string | undefined {
  if (text.trimStart().startsWith('/')) return undefined
  const kept = sentencesOf(ownWords(text)).filter((sentence) => isStatement(sentence.trim()))
  return kept.join('').trim() || undefined
}

const FENCED = /^[ \t]*(```|~~~)[\s\S]*?(?:^[ \t]*\1.*$|(?![\s\S]))/gm
const QUOTED = /^[ \t]*>.*$/gm
/** A line that speaks of a text which follows and is not of the person: "Summarise this page", "Translate: …". */
const ANNOUNCING =
  /[:：]|(?:\b(?:this|these|following|below|page|article|text|mail|email|message)|folgende\p{L}*|diese\p{L}*|texte?o?|esto|suivante?|ceci|questo|seguente)\b[^\n]{0,12}$/iu

/** What a person says themself: without fenced and quoted blocks, and without what an order or question is about. */
export function ownWords(text: string): string {
  const own = text.replaceAll(FENCED, '').replaceAll(QUOTED, '')
  if (own !== text) return own
  const [first = ''] = own.trimStart().split('\n', 1)
  const announcing = ANNOUNCING.exec(first)
  if (!announcing) return own
  const last = announcing.index + announcing[0].length
  const lastSentence = sentencesOf(first.slice(0, last)).at(-1) ?? ''
  return isStatement(lastSentence.trim()) ? own : own.slice(0, own.indexOf(first) + last)
}

/** Taking a text apart is dear; most messages are one sentence. */
const sentencesOf = (text: string): string[] =>
  SEVERAL.test(text) ? Array.from(SENTENCES.segment(text), ({ segment }) => segment) : [text]

function isStatement(sentence: string): boolean {
  const spoken = sentence.toLowerCase().replace(/^[^\p{L}\p{N}¿]+/u, '')
  const said = spoken.match(/[\p{L}\p{N}'’]+/gu) ?? []
  const letters = said.join('').length
  if (CJK.test(spoken)) {
    if (letters < 4 || (SMALL_SIGNS.test(spoken) && letters < 10)) return false
  } else if (said.length < 2 || letters < 6) return false
  const [first = ''] = said[0] === 'please' ? said.slice(1) : said
  if (spoken.startsWith('¿') || ASKING_END.test(spoken) || ASKING_WHEN.test(spoken) || ASKING.has(first))
    return false
  if (ORDERING.has(first)) return false
  return !(said.length <= GREETING_WORDS && (SMALL_TALK.has(first) || SMALL_PHRASE.test(spoken)))
}
