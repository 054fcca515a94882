import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** Longest line that is passed on; the rest of it is left out. */
const MAX_LINE = 2_000
/** Most lines in one second: a plugin in a loop must not fill the disk. */
const MAX_LINES_PER_SECOND = 200

/**
 * Passes on what a plugin writes, line by line: bounded in length and number, without terminal codes and empty lines.
 * Ends with the stream.
 */
export function followLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let begun = ''
  let cut = false
  const say = limitRate(onLine)

  function end(): void {
    const line = stripVTControlCharacters(begun).trimEnd()
    if (line) say(cut ? `${line} …` : line)
    begun = ''
    cut = false
  }
  function add(piece: string): void {
    const room = MAX_LINE - begun.length
    cut ||= piece.length > room
    begun += piece.slice(0, room)
  }

  stream.on('data', (chunk: Buffer) => {
    const [first = '', ...rest] = decoder.write(chunk).split('\n')
    add(first)
    for (const piece of rest) {
      end()
      add(piece)
    }
  })
  stream.on('end', end)
}

function limitRate(onLine: (line: string) => void): (line: string) => void {
  let second = 0
  let lines = 0
  return (line) => {
    const now = Math.floor(performance.now() / 1_000)
    if (now !== second) {
      if (lines > MAX_LINES_PER_SECOND) onLine(`… and ${lines - MAX_LINES_PER_SECOND} more lines`)
      second = now
      lines = 0
    }
    if (++lines <= MAX_LINES_PER_SECOND) onLine(line)
  }
}
