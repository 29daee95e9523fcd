/* metrics - samples out of the service's /metrics, in the text format of Prometheus. */
#ifndef CLIENT_METRICS_H
#define CLIENT_METRICS_H

#include <stddef.h>

/*
 * The value of a sample ("primed_workers", "primed_numbers_total{verdict=\"prime\"}"); that of
 * the sum over all its labels where the name has none. 0 if there is none. The text is terminated.
 */
double metrics_value(const char *text, const char *name);

/* A label of the first sample of that name; "" if there is none. Returns out. */
char *metrics_label(const char *text, const char *name, const char *label, char *out, size_t size);

#endif
