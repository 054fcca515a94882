import { languages, type LanguageCode, type Phrases } from './builtin-phrases.ts'

const SCRIPTS: readonly (readonly [LanguageCode, RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['ko', /\p{Script=Hangul}/u],
  ['zh', /\p{Script=Han}/u],
  ['ru', /\p{Script=Cyrillic}/u],
  ['ar', /\p{Script=Arabic}/u],
]

/** Words that tell a language of Latin letters, and that people use when they ask for something. */
const TELLING: readonly (readonly [LanguageCode, ReadonlySet<string>])[] = Object.entries({
  en: `the a an i you my me to of and is are do does what when where how please remind tomorrow today tonight every day at on
    in not now for with about call this that it`,
  de: `der die das den dem ein eine einen ich du mich mir mein meine und ist sind nicht jetzt bitte erinnere erinner morgen heute
    abend jeden jede um uhr am an zu zum zur für mit was wann wo wie auf von`,
  fr: `le la les un une des je tu moi mon ma mes et est sont pas maintenant demain aujourd hui soir chaque à au aux rappelle réveille
    du de que quoi quand où comment pour avec plaît`,
  es: `el la los las un una yo tú mi mis me y es son no ahora favor mañana hoy noche cada recuérdame avísame despiértame al
    del de que qué cuándo dónde cómo para por con`,
  pt: `o a os as um uma eu você meu minha me e é são não agora favor amanhã hoje noite cada lembre lembra ao às da do de que
    quando onde como para por com`,
  it: `il lo la gli le un una io tu mio mia mi e è sono non ora adesso favore domani oggi sera ogni ricordami svegliami alle al del
    della di che cosa quando dove come per con`,
}).map(([code, words]) => [code as LanguageCode, new Set(words.split(/\s+/))])

/**
 * The language of a text, among those that Core can speak: by its letters, else by the words that tell one. Undefined when
 * it says too little: one word alone tells nothing, and neither do two languages that it could be both.
 */
export function languageOfText(text: string): LanguageCode | undefined {
  const byScript = SCRIPTS.find(([, letters]) => letters.test(text))?.[0]
  if (byScript) return byScript
  const words = [...new Set(text.toLowerCase().match(/\p{L}+/gu))]
  const [best, second] = TELLING.map(([code, telling]) => ({
    code,
    told: words.filter((word) => telling.has(word)).length,
  })).sort((one, other) => other.told - one.told)
  return best && best.told >= 2 && best.told > (second?.told ?? 0) ? best.code : undefined
}

/** Core's own words in a language. What is in braces is filled in. */
export const inLanguage = (
  language: LanguageCode,
  key: keyof Phrases,
  values: Readonly<Record<string, string>>,
): string =>
  languages[language].phrases[key].replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')

/** For dates: `en` alone is American. */
export const localeOf = (language: LanguageCode): string => (language === 'en' ? 'en-GB' : language)
