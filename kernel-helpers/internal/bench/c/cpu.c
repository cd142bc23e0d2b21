/* The C side of Speedup's benchmark. It is compiled with cc -O2.

   Arguments: way, first, steps. It prints one outcome as JSON. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned __int128 wide;

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Returns the sum over n = first, first+1, …, first+steps-1 of the sums of
   the squares below n. */
static wide squares(long first, long steps) {
	wide total = 0;
	for (long n = first; n < first + steps; n++) {
		for (unsigned long i = 0; i < (unsigned long)n; i++) {
			/* Keeps the compiler from replacing the loop by a closed formula. */
			__asm__ volatile("" : "+r"(i));
			total += i * i;
		}
	}
	return total;
}

static int is_prime(long n) {
	for (long d = 3; d * d <= n; d += 2)
		if (n % d == 0)
			return 0;
	return 1;
}

static wide primes(long below) {
	long count = below > 2;
	for (long n = 3; n < below; n += 2)
		count += is_prime(n);
	return count;
}

static void print_decimal(wide n) {
	if (n >= 10)
		print_decimal(n / 10);
	putchar('0' + (int)(n % 10));
}

int main(int argc, char **argv) {
	if (argc != 4) {
		fprintf(stderr, "usage: cpu WAY FIRST STEPS\n");
		return 2;
	}
	long first = atol(argv[2]), steps = atol(argv[3]);
	double start = now();
	wide answer;
	if (strcmp(argv[1], "squares") == 0)
		answer = squares(first, steps);
	else if (strcmp(argv[1], "primes") == 0)
		answer = primes(first);
	else {
		fprintf(stderr, "unknown way: %s\n", argv[1]);
		return 2;
	}
	printf("{\"seconds\": %.9f, \"steps\": %ld, \"answer\": \"", now() - start, steps);
	print_decimal(answer);
	printf("\"}\n");
	return 0;
}
