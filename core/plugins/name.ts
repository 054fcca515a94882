/** The name of a plugin or companion that has told none: `quote_node` → `Quote Node`. */
export const nameOfId = (id: string): string =>
  id
    .split(/[_\s-]+/)
    .filter(Boolean)
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join(' ')
