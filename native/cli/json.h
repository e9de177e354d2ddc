/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON to stdout, with the commas. */
#ifndef USVF_JSON_H
#define USVF_JSON_H

#include <stdbool.h>
#include <stdint.h>

void json_open(const char *key, char bracket); /* '{' or '['; a key of NULL has none */
void json_close(char bracket);
void json_text(const char *key, const char *value); /* null for an empty one */
void json_number(const char *key, int64_t value);
void json_known(const char *key, int64_t value); /* null below 0 */
void json_flag(const char *key, int value);      /* null below 0 */
void json_end(void);                             /* the line end of a document */

#endif
