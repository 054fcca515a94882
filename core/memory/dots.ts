/**
 * The cosines of a question with many vectors, four numbers at a time: what JavaScript has no words for (SIMD), and a
 * fourth of the time of a loop in it (measured). This is the WebAssembly of
 *
 *     (func (export "dots") (param $row i32) (param $end i32) (param $stride i32) (param $question i32) (param $out i32)
 *       (local $i i32) (local $a v128) (local $b v128)
 *       (loop $rows
 *         (local.set $a (v128.const i32x4 0 0 0 0)) (local.set $b (v128.const i32x4 0 0 0 0)) (local.set $i (i32.const 0))
 *         (loop $numbers
 *           $a += f32x4.mul (v128.load ($row + $i)) (v128.load ($question + $i))
 *           $b += f32x4.mul (v128.load offset=16 ($row + $i)) (v128.load offset=16 ($question + $i))
 *           $i += 32, (br_if $numbers (i32.lt_u $i $stride)))
 *         (f32.store $out (the sum of the four lanes of $a + $b))
 *         $out += 4, $row += $stride, (br_if $rows (i32.lt_u $row $end))))
 */
const KERNEL =
  'AGFzbQEAAAABCQFgBX9/f39/AAIOAQJqcwZtZW1vcnkCAAEDAgEABwgBBGRvdHMAAAq1AQGyAQIBfwJ7A0D9DAAAAAAAAAAAAAAAAAAAAAAhBv0MAA' +
  'AAAAAAAAAAAAAAAAAAACEHQQAhBQNAIAYgACAFav0ABAAgAyAFav0ABAD95gH95AEhBiAHIAAgBWr9AAQQIAMgBWr9AAQQ/eYB/eQBIQcgBUEgaiIF' +
  'IAJJDQALIAQgBiAH/eQBIgb9HwAgBv0fAZIgBv0fAiAG/R8DkpI4AgAgBEEEaiEEIAAgAmoiACABSQ0ACws='

/** What is used of it here; the types of Node leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: { js: { memory: WasmMemory } },
  ) => { readonly exports: Record<string, unknown> }
}

interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** A row takes a multiple of so many bytes, filled up with zeros. */
const STEP = 32
/** What is taken at once, in bytes: some dozens of rows. */
export const SLAB = 128 * 1024
const PAGE = 64 * 1024
/** Slabs by which the memory grows. */
const GROWTH = 32
/** Where the question lies, and what comes out; the rows lie behind. */
const [QUESTION, OUT, FIRST] = [0, SLAB, 2 * SLAB]

/** Takes `row`, `end`, `stride`, `question`, `out`. */
type Dots = (...places: number[]) => void

interface Arena {
  readonly memory: WasmMemory
  readonly dots: Dots
  /** All of the memory; another array after it has grown. */
  floats: Float32Array
  free: number[]
  used: number
}

/** One for all, as each would take gigabytes of addresses. It goes when nothing is in it any more. */
let arena: Arena | undefined
let kernel: object | undefined

function open(): Arena {
  kernel ??= new WebAssembly.Module(Buffer.from(KERNEL, 'base64'))
  const memory = new WebAssembly.Memory({ initial: FIRST / PAGE })
  const { dots } = new WebAssembly.Instance(kernel, { js: { memory } }).exports
  return { memory, dots: dots as Dots, floats: new Float32Array(memory.buffer), free: [], used: 0 }
}

/** Bytes of a row. */
export const strideOf = (dimensions: number): number => Math.ceil((dimensions * 4) / STEP) * STEP

/** Where `SLAB` bytes, all zero, are this caller's own until `giveSlab`. */
export function takeSlab(): number {
  arena ??= open()
  if (arena.free.length === 0) {
    const end = arena.memory.buffer.byteLength
    arena.memory.grow((GROWTH * SLAB) / PAGE)
    arena.floats = new Float32Array(arena.memory.buffer)
    arena.free = Array.from({ length: GROWTH }, (_, at) => end + (GROWTH - 1 - at) * SLAB)
  }
  arena.used++
  return arena.free.pop() ?? FIRST
}

export function giveSlab(slab: number): void {
  if (!arena) return
  arena.floats.fill(0, slab / 4, (slab + SLAB) / 4)
  arena.free.push(slab)
  if (--arena.used === 0) arena = undefined
}

/** Writes a vector, at this place of a slab. */
export const writeVector = (place: number, vector: Float32Array): void => arena?.floats.set(vector, place / 4)

/** The question for the calls of `dotsOf` that follow in this turn. */
export function ask(question: Float32Array): void {
  arena?.floats.fill(0, QUESTION, strideOf(question.length) / 4).set(question, QUESTION)
}

/** The cosine of each of the first `rows` rows of a slab. To be read in this turn. */
export function dotsOf(slab: number, rows: number, stride: number): Float32Array {
  if (!arena || rows === 0) return new Float32Array()
  arena.dots(slab, slab + rows * stride, stride, QUESTION, OUT)
  return arena.floats.subarray(OUT / 4, OUT / 4 + rows)
}
