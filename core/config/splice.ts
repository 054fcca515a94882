import { isMap, isScalar, isSeq } from 'yaml'
import type { Pair, Scalar, YAMLMap } from 'yaml'

/** Changes of a YAML text at places that the Document names: everything else stays as it is, to the byte. */
export interface Splice {
  readonly from: number
  readonly to: number
  readonly text: string
}

export const insert = (at: number, text: string): Splice => ({ from: at, to: at, text })

/** Splices in the order of their places; several at one place come out in the order of the list. */
export function apply(text: string, splices: readonly Splice[]): string {
  let at = 0
  let result = ''
  for (const splice of [...splices].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, splice.from) + splice.text
    at = splice.to
  }
  return result + text.slice(at)
}

export const isNone = (value: unknown): value is Scalar => isScalar(value) && value.value === null

export const pairOf = (map: YAMLMap, name: string): Pair | undefined =>
  map.items.find(({ key }) => isScalar(key) && key.value === name)

export const colonOf = (token: Pair['srcToken']): number | undefined => {
  const sign = token?.sep?.find(({ type }) => type === 'map-value-ind')
  return sign && sign.offset + 1
}

/** Where the last word of this node ends; blank lines and comments behind it are not its own. */
export function contentEnd(text: string, node: unknown): number {
  if (isMap(node) && !node.flow) {
    const last = node.items.at(-1)
    return Math.max(contentEnd(text, last?.key), contentEnd(text, last?.value))
  }
  if (isSeq(node) && !node.flow) return contentEnd(text, node.items.at(-1))
  const end = isMap(node) || isSeq(node) || isScalar(node) ? (node.range?.[1] ?? 0) : 0
  return text.slice(0, end).trimEnd().length
}

export const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1
export const columnOf = (text: string, at: number): number => at - lineStart(text, at)

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}
