/** The names that people and models really write; all others stay as they are. */
const NAMES = `
  amp & lt < gt > quot " apos ' nbsp \u00a0 copy © reg ® trade ™ hellip … ndash – mdash — lsquo ‘ rsquo ’ ldquo “ rdquo ”
  laquo « raquo » bull • middot · deg ° times × divide ÷ plusmn ± euro € pound £ yen ¥ sect § larr ← rarr → uarr ↑ darr ↓`
const NAMED = new Map(
  Array.from(NAMES.matchAll(/([a-z]+) ([^a-z])/g), ([, name = '', character = '']) => [name, character]),
)

/** Character references of HTML in a Markdown text, as the characters they mean. */
export function withCharacters(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]{2,8}));/g,
    (whole, decimal, hex, name) => {
      if (name) return NAMED.get(name) ?? whole
      const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
