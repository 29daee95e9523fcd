/* assets - the files of assets_list.h, as they are in the tree. */
#define ASSET(name, path, type, file)                 \
    .global asset_ ## name, asset_end_ ## name;       \
    asset_ ## name: .incbin file;                     \
    asset_end_ ## name: .byte 0;

    .section .rodata
#include "server/http/assets_list.h"

/* No code, so nothing that a stack must be executable for, or that control-flow enforcement would stop. */
    .section .note.GNU-stack, "", %progbits
#ifdef __CET__
#include <cet.h>
#endif
