/** The key belongs to an input method that is choosing a character. Safari says so by 229 only, after the composition ended. */
export const isComposing = ({ isComposing, keyCode }: { isComposing: boolean; keyCode: number }): boolean =>
  isComposing || keyCode === 229
