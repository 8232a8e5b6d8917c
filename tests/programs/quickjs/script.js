// Exercises the interpreter and prints what it gets: the same text on every machine.
function* primes() {
    const found = [];
    for (let n = 2; ; n++) {
        if (found.every(p => n % p)) {
            found.push(n);
            yield n;
        }
    }
}
const first = [];
for (const p of primes()) {
    if (first.push(p) === 40) break;
}
print("primes", first.join(" "));

// Arbitrary precision: 60 digits of pi by a spigot.
function pi(digits) {
    let out = "", q = 1n, r = 0n, t = 1n, k = 1n, n = 3n, l = 3n;
    while (out.length < digits) {
        if (4n * q + r - t < n * t) {
            out += n;
            [q, r, n] = [10n * q, 10n * (r - n * t), (10n * (3n * q + r)) / t - 10n * n];
        } else {
            [q, r, t, k, n, l] = [q * k, (2n * q + r) * l, t * l, k + 1n, (q * (7n * k + 2n) + r * l) / (t * l), l + 2n];
        }
    }
    return out;
}
print("pi", pi(60));

// Numbers to text and back, where the digits are decided by the floating point arithmetic.
print([0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0, 123456789.125, 1e21, 2 ** 53 + 1].join(" "));
print((255).toString(16), (0.1).toString(3).slice(0, 20), (1234.5678).toFixed(2), (1234.5678).toExponential(5), parseFloat("1e-7"));
// No sine or logarithm: those are the C library's, and libraries differ in the last digit.
print([Math.sqrt(2), Math.fround(5.05), Math.trunc(-2.7), Math.round(2.5), Math.imul(0x7fffffff, 3), Math.clz32(1)].join(" "));

// Regular expressions, unicode, dates, JSON, maps, sorting.
print("2024-02-29 and 1999-12-31".replace(/(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)/g, "$<d>.$<m>.$<y>"));
print([..."añ😀z".normalize("NFD")].map(c => c.codePointAt(0).toString(16)).join(" "), "straße".toUpperCase(), /\p{Lu}/u.test("Ä"));
print(new Date(Date.UTC(2000, 1, 29, 12, 34, 56, 789)).toISOString(), Date.parse("1970-01-02T00:00:00Z"));
print(JSON.stringify({ b: [1, { c: null }], a: "\u2028\"", n: NaN }), JSON.parse('[1e3,"\\u0041",{"x":false}]')[2].x);
const words = new Map();
for (const word of "the quick brown fox jumps over the lazy dog the end".split(" ")) words.set(word, (words.get(word) ?? 0) + 1);
print([...words].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([w, n]) => w + "=" + n).join(" "));

// Classes, closures, exceptions through many frames.
class Shape { area() { throw new TypeError("abstract"); } toString() { return `${this.constructor.name}(${this.area()})`; } }
class Square extends Shape { #side; constructor(side) { super(); this.#side = side; } area() { return this.#side ** 2; } }
print(String(new Square(7)));
function deep(n) { if (n === 0) return new Shape().area(); return deep(n - 1) + 1; }
try { deep(200); } catch (error) { print(error.name, error.message); }

// A sort and a matrix product over typed arrays.
let state = 42;
const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0);
const numbers = Uint32Array.from({ length: 20000 }, random).sort();
print("sorted", numbers[0], numbers[10000], numbers[19999], numbers.every((x, i) => i === 0 || numbers[i - 1] <= x));
const size = 40, a = new Float64Array(size * size).map(() => random() / 2 ** 32), c = new Float64Array(size * size);
for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) for (let k = 0; k < size; k++) c[i * size + j] += a[i * size + k] * a[k * size + j];
print("trace", Array.from({ length: size }, (_, i) => c[i * size + i]).reduce((x, y) => x + y, 0));

// Promises run after the script.
(async () => {
    for (let i = 0; i < 3; i++) {
        await null;
        print("async", i);
    }
    throw new RangeError("the end");
})().catch(error => print("caught", error.message));
