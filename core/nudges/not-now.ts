const NOT_NOW = new Set(
  `not now|not today|mute|stop writing first|leave me alone|nicht jetzt|jetzt nicht|pas maintenant|ahora no|non ora|adesso no|
  agora não|niet nu|не сейчас|现在不要|今はやめて|지금은 말고|ليس الآن`
    .split('|')
    .map((words) => words.trim()),
)

/** Whether a message says nothing but that nobody shall write first for a while. */
export const isNotNow = (text: string): boolean =>
  text.length <= 60 &&
  NOT_NOW.has(
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}]+/gu, ' ')
      .trim(),
  )
