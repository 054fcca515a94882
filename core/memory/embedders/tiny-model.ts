/**
 * A feature-extraction model of a few kilobytes for tests: each letter has a vector of its own, and a text is the mean
 * of its letters. ONNX is protobuf; only the messages that this graph needs are written here
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz0123456789:?.,')
const VOCABULARY = [...SPECIAL, ...LETTERS, ...LETTERS.map((letter) => `##${letter}`)]
const INT64 = 7
const FLOAT = 1

/** The files of the model, as they lie at a mirror: name → content. */
export function tinyModel(dimensions: number): Map<string, Buffer> {
  return new Map([
    ['config.json', json({ model_type: 'bert', architectures: ['BertModel'], hidden_size: dimensions })],
    [
      'tokenizer_config.json',
      json({
        tokenizer_class: 'BertTokenizer',
        model_max_length: 256,
        pad_token: '[PAD]',
        unk_token: '[UNK]',
      }),
    ],
    ['tokenizer.json', json(tokenizer())],
    ['onnx/model_quantized.onnx', onnx(dimensions)],
  ])
}

export function writeModel(folder: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

function tokenizer() {
  return {
    version: '1.0',
    added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true })),
    normalizer: { type: 'BertNormalizer', lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##' },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 200,
      vocab: Object.fromEntries(VOCABULARY.map((word, id) => [word, id])),
    },
  }
}

/** last_hidden_state = Gather(table, input_ids) */
function onnx(dimensions: number): Buffer {
  const table = Float32Array.from({ length: VOCABULARY.length * dimensions }, (_, at) =>
    Math.sin((at + 1) * 12.9898 + Math.floor(at / dimensions) * 78.233),
  )
  const graph = message([
    [
      1,
      message([
        ...['table', 'input_ids'].map((name): Field => [1, name]),
        [2, 'last_hidden_state'],
        [4, 'Gather'],
      ]),
    ],
    [2, 'tiny'],
    [
      5,
      message([
        [1, VOCABULARY.length],
        [1, dimensions],
        [2, FLOAT],
        [8, 'table'],
        [9, Buffer.from(table.buffer)],
      ]),
    ],
    [11, tensor('input_ids', INT64, ['batch', 'length'])],
    [11, tensor('attention_mask', INT64, ['batch', 'length'])],
    [12, tensor('last_hidden_state', FLOAT, ['batch', 'length', dimensions])],
  ])
  return message([
    [1, 8],
    [7, graph],
    [8, message([[2, 13]])],
  ])
}

function tensor(name: string, type: number, shape: readonly (string | number)[]): Buffer {
  const dimension = (size: string | number): Field => [1, message([[typeof size === 'number' ? 1 : 2, size]])]
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, type],
            [2, message(shape.map(dimension))],
          ]),
        ],
      ]),
    ],
  ])
}

type Field = readonly [number: number, value: number | string | Buffer]

const message = (fields: readonly Field[]): Buffer => Buffer.concat(fields.map(fieldOf))

function fieldOf([number, value]: Field): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)])
  const bytes = Buffer.from(value)
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return Buffer.from([...bytes, value])
}
