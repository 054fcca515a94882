/** Words that carry no meaning of their own, in the languages builtin speaks. */
const STOP = new Set(
  `a about after again all also am an and any anything are as at be been but by can could did do does doing don dont for from
  had has have he her hers him his how i if in into is it its just know let me mine my no not of on or our please remember
  said say she should so some something tell that the their them then there they this to told us was we were what whats when
  where which who whom whose why will with would you your yours
  aber als am an auch auf aus bei bin bist da das dass dein deine dem den der des die du ein eine einem einen einer er es für
  habe hat hast ich ihr im in ist ja kann mein meine meinem meinen mich mir mit nicht oder sie sind so und uns von war was wann
  warum weißt welche welcher wem wen wer wie wir wo zu zum zur
  al como con cual cuál cuándo cuando de del dónde donde el ella en es esta este la las lo los me mi mis no o para por que qué
  quien quién se si sobre su sus te tu tus un una y yo
  au aux avec ce ces cette comment dans des du elle est et il ils je le les leur ma mes moi mon ne nous ou où par pas pour
  quand quel quelle qui sa ses son sur ta tes toi ton une vous
  che chi come cosa da dei del della di dove gli ho il io lei loro lui mia mie miei mio nel nella non per più quale quando
  sono sua suo ti tua tuo uno
  ao as da do dos e ela ele em essa esse eu foi meu minha na nas nos não onde os ou pelo qual quem seu sua um uma você
  а без бы в вы где да для до его её если есть и из или к как кто когда меня мне мой мою моей моя мы на не него нет но о об он она они
  от по при с со такое твой ты у что это я
  的 了 是 我 你 我的 你的 他 她 吗 呢 什么 谁 哪 哪里 怎么 为什么 在 有 和 就 都 也 叫
  は が を に の で と も へ か です ます した いつ どこ だれ 誰 何 なに 私 あなた
  나 저 내 제 너 는 은 이 가 을 를 무엇 뭐 누구 언제 어디
  في من على إلى عن ما ماذا هل هو هي أنا أنت متى أين كيف لماذا هذا هذه التي الذي و`.split(/\s+/),
)

const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

/** How much of a text is looked at. */
const LOOKED_AT = 2_000

/** The words of a text that carry meaning, once each, in lower case. Knows the words of scripts without blanks. */
export const contentWords = (text: string): string[] => wordsOf(text).filter((word) => !STOP.has(word))

function wordsOf(text: string): string[] {
  const found = new Set<string>()
  const begin = text.slice(0, LOOKED_AT).normalize('NFKC').toLowerCase()
  for (const { segment, isWordLike } of segmenter.segment(begin)) {
    const word = segment.replace(/['’]s?$/u, '')
    if (isWordLike) found.add(word)
  }
  return [...found]
}

/** How much of `wanted` a text speaks of: 0 … 1. Forms of a word (dog, dogs; собака, собаку) count as the word. */
export function coverage(wanted: readonly string[], text: string): number {
  if (wanted.length === 0) return 0
  const words = contentWords(text)
  return wanted.filter((word) => isAmong(word, words)).length / wanted.length
}

/** How much of a text another one says in the same words, those without meaning too: 0 … 1. It tells "I was" from "my dog was". */
export function likeness(text: string, other: string): number {
  const [wanted, words] = [wordsOf(text), new Set(wordsOf(other))]
  return wanted.length === 0 ? 0 : wanted.filter((word) => words.has(word)).length / wanted.length
}

/** Whether one of the words is this one, in any of its forms. */
export const isAmong = (word: string, words: readonly string[]): boolean =>
  words.some((other) => sameWord(word, other))

function sameWord(one: string, other: string): boolean {
  if (one === other) return true
  let common = 0
  while (common < one.length && one[common] === other[common]) common++
  const stem = /^[\p{Script=Latin}\p{Script=Cyrillic}]/u.test(one) ? 4 : 2
  return common >= stem && Math.max(one.length, other.length) - common <= 3
}
