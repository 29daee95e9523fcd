/*
 * file_limit - how many files the service may have open: a connection is one, and the soft limit most
 * systems start programs with, 1,024, is made for programs that use select().
 */
#ifndef SERVER_FILE_LIMIT_H
#define SERVER_FILE_LIMIT_H

/*
 * Raise the soft limit so that so many connections can be open at once, beside the service's own
 * files, or as far as the hard limit lets it, logging a warning where that is not enough. A higher
 * limit is left alone. Before anybody is forked.
 */
void file_limit_raise(unsigned connections);

#endif
