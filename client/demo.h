/* demo - the twenty numbers that benchmarks of process pools have checked for years. */
#ifndef CLIENT_DEMO_H
#define CLIENT_DEMO_H

enum { DEMO_NUMBERS = 20 };
extern const char *const demo_numbers[DEMO_NUMBERS];

#endif
