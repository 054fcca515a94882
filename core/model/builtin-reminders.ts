import type { FoundTime, TimeLanguage } from '../schedule/words.ts'

/** What somebody wants with reminders. */
export type ReminderWish =
  | { readonly kind: 'reminder'; readonly language: TimeLanguage }
  | { readonly kind: 'reminders' }
  | { readonly kind: 'cancel'; readonly what: string }

interface Asking {
  readonly language: TimeLanguage
  /** What the message begins with; all of it goes. */
  readonly begin: RegExp
  /** What stands between that and what it is about. */
  readonly link: RegExp
}

const ASKING: readonly Asking[] = [
  {
    language: 'en',
    begin:
      /^(?:please |can you |could you |would you )*(?:remind me|wake me(?: up)?|set (?:an?|the|my|another)(?: new)? (?:reminder|alarm|timer))\b|^(?:in|at|on|tomorrow|tonight|today|next|this|every)\b.{0,40}?,? (?:please )?remind me\b/i,
    link: /^(?:to|that|about|of|for)\b/i,
  },
  {
    language: 'de',
    begin: /^(?:bitte )?(?:erinnere? mich|weck(?:e)? mich)(?: bitte)?/i,
    link: /^(?:daran,?|an|dass|zu)(?!\p{L})/iu,
  },
  {
    language: 'fr',
    begin: /^(?:rappelle[- ]moi|réveille[- ]moi)/i,
    link: /^(?:de|que)(?!\p{L})|^(?:d|qu)['’]/iu,
  },
  {
    language: 'es',
    begin: /^(?:por favor )?(?:recuérdame|avísame|despiértame)/i,
    link: /^(?:que|de)(?!\p{L})/iu,
  },
  { language: 'it', begin: /^(?:ricordami|svegliami)/i, link: /^(?:di|che)(?!\p{L})/iu },
  { language: 'pt', begin: /^(?:lembre-me|me lembr[ae]|me acord[ae])/i, link: /^(?:de|que)(?!\p{L})/iu },
  { language: 'nl', begin: /^(?:herinner me|maak me wakker)/i, link: /^(?:eraan|aan|om|dat)(?!\p{L})/iu },
  {
    language: 'ru',
    begin: /^(?:напомни(?:те)?(?: мне)?|разбуди(?: меня)?)/i,
    link: /^(?:что|о|об|про)(?!\p{L})/iu,
  },
  { language: 'zh', begin: /^(?:请)?(?:提醒我|叫醒我)|(?:请)?提醒我(?=.)/, link: /^[，,]?/ },
  {
    language: 'ja',
    begin: /(?:する)?(?:ように|よう|ことを|を|と)?(?:リマインドして|思い出させて|知らせて)(?:ください)?/,
    link: /^[にへ、]/,
  },
  { language: 'ar', begin: /^ذك[ّ]?رني/, link: /^(?:أن|ب)\s/ },
  {
    language: 'en',
    begin: /(?:나한테 )?(?:알려 ?줘|상기시켜 ?줘?)|알림 (?:설정|맞춰)(?:해)? ?줘?/,
    link: /^$/,
  },
]

const NOUN =
  /\b(?:reminders?|alarms?|scheduled tasks?)\b|erinnerung(?:en)?|\brappels?\b|recordatorios?|promemoria|lembretes?|herinnering(?:en)?|напоминани[еяй]|提醒|リマインダー|알림|تذكير/iu
const CANCEL =
  /^(?:(?:please|bitte|por favor) )?(?:cancel|lösche?|storniere|streiche?|annule|supprime|cancela|borra|annulla|cancella|apaga|annuleer|отмени|удали|取消|删除|취소|ألغ)(?:e|r|te)?(?!\p{L})/iu
const REMOVE = /^(?:please )?(?:delete|remove|stop|elimina)(?!\p{L})/iu
const LIST =
  /^(?:(?:please|can you) )?(?:what|which|show|list|tell|do i|my|any|meine|welche|zeige?|was|mes|quels|montre|mis|qué|cuáles|muestra|miei|quali|mostra|meus|quais|mostre|mijn|welke|мои|какие|покажи|我|有什么|显示|내|ما)(?!\p{L})|[?？؟]\s*$/iu
const LONGEST_LIST = 60

/** What the message wants with reminders; undefined when it is about something else. */
export function reminderWish(message: string): ReminderWish | undefined {
  const asking = askingOf(message)
  if (asking) return { kind: 'reminder', language: asking.language }
  if (CANCEL.test(message) || (REMOVE.test(message) && NOUN.test(message)))
    return { kind: 'cancel', what: message.replace(CANCEL, '').replace(REMOVE, '').replace(NOUN, '').trim() }
  const isShort = message.length <= LONGEST_LIST
  if (isShort && NOUN.test(message) && (LIST.test(message) || isOnlyNoun(message)))
    return { kind: 'reminders' }
  return undefined
}

const askingOf = (message: string): Asking | undefined => ASKING.find(({ begin }) => begin.test(message))

const isOnlyNoun = (message: string): boolean => message.replace(NOUN, '').replaceAll(/[\s.!]/g, '') === ''

/** What to be reminded of: the message without the asking and without its time. Empty when it says nothing more. */
export function aboutWhat(message: string, { pieces }: Pick<FoundTime, 'pieces'>): string {
  let rest = message
  for (const { index, text } of pieces.toReversed())
    rest = `${rest.slice(0, index).trimEnd()} ${rest.slice(index + text.length).trimStart()}`
  const asking = askingOf(message)
  if (!asking) return rest.trim()
  const words = rest
    .replace(/^\s*(?:please|bitte|por favor)\b,?/i, '')
    .trim()
    .replace(restBegin(asking), '')
    .replace(/^[\s,:]+/, '')
    .replace(asking.link, '')
  return words.replace(/^[\s,:]+|[\s,.;]+$/g, '')
}

/** A time at the begin is gone already: "in 20 minutes remind me to …". */
const restBegin = ({ begin, language }: Asking): RegExp =>
  language === 'en' && begin.source.startsWith('^')
    ? /^.*?(?:remind me|wake me(?: up)?|set (?:an?|the|my|another)(?: new)? (?:reminder|alarm|timer))\b/i
    : begin
