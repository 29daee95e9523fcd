/*
 * protocol - the protocol of the shared memory, for spin to search through: every interleaving of
 * the processes, with a worker killed between any two of its steps.
 *
 * What is modelled
 * ----------------
 * Worker      worker_loop(), ring_pop(), claim_block(), ring_wait(), run_block(), board_finish(),
 *             board_post(), board_ring_bell()
 * Dispatcher  dispatcher_main(), harvest_one(), board_take(), collect(), harvest_free(),
 *             resume_orphan(), handout_fill(), push_sentinel(), ring_push(), ring_wake(),
 *             ring_wake_worker(), close_pool(), handout_sentinels(), handout_workers(), has_news(),
 *             board_prepare_wait(), board_wait(), has_posts()
 * Supervisor  pool_fill(), next_to_leave(), start_worker(), pool_reap(), arena_reap(), arena_wake_all(),
 *             arena_dismiss(), arena_want_sentinel(), arena_set_state()
 *
 * A comment names the function each part mirrors, and in brackets the gap of common/fault.h that
 * follows a step. tests/model/run checks that all of them exist in the source and that no gap of
 * the source is missing here.
 *
 * Each access to shared memory is one step. A worker may be killed before each of its steps
 * (STEP), at most CRASHES times in a run; the supervisor then finds it as waitpid() would, reaps and
 * forks a successor. futex_wait() compares and falls asleep in one step, as the kernel does; a
 * process that is killed asleep leaves the kernel's queue.
 *
 * Steps are merged only where nobody could tell the difference: one of them touches words that at
 * that time are its process's own (contents, `done` and the owner's load of the claim word while
 * RUNNING; the claim word while DONE or ORPHANED, at the dispatcher; `dismissed` of a dead worker);
 * or it is a mere look whose answer the exchange after it gives again (at a claim word, which is
 * never again QUEUED under a ticket it has left; at a sleeping flag).
 * Locals are set to 0 when they mean nothing any more, so that states
 * that do not differ are not told apart.
 *
 * What must hold
 * --------------
 * At every step, by assertions: a claim finds nobody alive at the block; only the owner of a RUNNING
 * block finishes it, once a ticket; tail does not pass head; no cell of a waiting block is
 * overwritten; the dispatcher frees and counts each block once; a sentinel ends one worker; a
 * number is `failed` only if three workers died on it, and kills no more than one further.
 *
 * At the end: every run ends, as no state comes back (searched for as a non-progress cycle), and it
 * ends well: no process sleeps or waits (spin's invalid end states), all work is done once, each
 * block is free or a sentinel left over, no worker is left.
 *
 * What is not
 * -----------
 * Weak memory: the steps here are sequentially consistent. Which orderings that needs is argued in
 * common/arena.h, and tests/stress runs it under ThreadSanitizer. The death of the front or the
 * supervisor: then all die, and the memory is reset or gone (docs/crash.md). Time: the dispatcher
 * sleeps here without the timeouts it has, so nothing rests on them; what they are for, a worker
 * that is stopped between clearing a flag and the futex call, is no run that ends. Which of the
 * front's threads pushes: all do so under one lock, and are one process here. The choice of a free
 * block or slot is left open, which covers any rule for it. Spurious wakes: they lead where a
 * wake too many leads, and arena_wake_all() makes many. Tickets: TICKETS is above the number of
 * pushes in a run, so that none comes twice (in 40 bits none does in 127 days), and counting begins
 * just below the wrap. Workers that scribble over what they may write to, and what the dispatcher does
 * about it (server/dispatcher/trust.c, trial.c): it pushes blocks that are its own, like any others.
 *
 * All jobs are there from the beginning; that a push reaches a pool that sleeps is seen with the
 * sentinels, blocks like any other. A worker needs a sentinel, so there are no fewer blocks than
 * workers, and one more with SHRINKS (in the service, four for each slot). No block is canceled.
 *
 * The errors this model must find, each under a name BUG_..., are listed in tests/model/run.
 */

#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef WORKERS
#define WORKERS 2 /* wanted */
#endif
#ifndef SLOTS
#define SLOTS WORKERS
#endif
#ifndef JOBS
#define JOBS 4 /* blocks of numbers to be worked on in all */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef NUMBERS
#define NUMBERS 1 /* in a block */
#endif
#ifndef GROUP
#define GROUP NUMBERS /* tested at once */
#endif
#ifndef SHRINKS
#define SHRINKS 0 /* TTOU, at any time */
#endif
#ifndef ROLLS
#define ROLLS 0 /* HUP, at any time */
#endif
#ifndef DRAINS
#define DRAINS 0 /* 1: TERM at any time, what is queued stays in the store; 0: when all is done */
#endif
#ifndef CELLS
#define CELLS BLOCKS
#endif
#define TICKETS (32 * CELLS)
#define FIRST_TICKET (TICKETS - 3)
#define NEXT(ticket) (((ticket) + 1) % TICKETS)
#define ATTEMPTS_MAX 3

#define FREE 0
#define QUEUED 1
#define RUNNING 2
#define DONE 3
#define ORPHANED 4

#define NOBODY 255

/* --- the arena -------------------------------------------------------------------------------- */

/* the claim word of each block; one step may look at, or move, all its parts */
byte state[BLOCKS], owner[BLOCKS], ticket[BLOCKS];
#if NUMBERS > 1
byte attempts[BLOCKS];
bit singly[BLOCKS];
#define COUNT_ATTEMPT(b) attempts[b]++
#else
#define COUNT_ATTEMPT(b) skip
#endif
byte done[BLOCKS];
bit sentinel[BLOCKS]; /* kind */

byte head = FIRST_TICKET, tail = FIRST_TICKET, cells[CELLS];

bit board[BLOCKS]; /* bits */
bit bell;          /* board.sleeping */

bit present[SLOTS], dismissed[SLOTS], sleeping[SLOTS];

bit draining, closing; /* control: state, pool_closing */
byte wanted_sentinels;

/* --- the kernel ------------------------------------------------------------------------------- */

mtype = { NONE, ALIVE, ZOMBIE };
mtype process[SLOTS] = NONE;
bit asleep[SLOTS], dispatcher_asleep; /* in futex_wait() */
byte crashes = CRASHES;

/* --- what is watched, and no process sees ----------------------------------------------------- */

byte holder[BLOCKS] = NOBODY; /* the living worker that has it */
#define WITH_NUMBERS 1
#define WITH_SENTINEL 2
byte todo = JOBS, finished;
byte sentinels_pushed, sentinels_claimed;
bit front_gone;
#if NUMBERS > 1
#define AT(block, number) ((block) * NUMBERS + (number))
bit verdict[BLOCKS * NUMBERS]; /* written */
bit final[BLOCKS * NUMBERS];   /* `done` has been stored past it */
bit failed[BLOCKS * NUMBERS];
byte deaths_on[BLOCKS * NUMBERS];
#endif

#define GROUP_OF(b) (singly[b] -> 1 : (NUMBERS - done[b] < GROUP -> NUMBERS - done[b] : GROUP))

#ifdef BUG_CLAIM_WITHOUT_TICKET
#define WAITS_UNDER(t) (state[b] == QUEUED)
#else
#define WAITS_UNDER(t) (state[b] == QUEUED && ticket[b] == t)
#endif
#ifdef BUG_ONLY_WINNER_HELPS
#define HELPS && t < TICKETS
#else
#define HELPS
#endif

/* resume_orphan() up to its push: a worker has died on block b, whose numbers are not all done. */
#if NUMBERS == 1
#define RESUME_ORPHAN skip
#define FORGET_NUMBERS skip
#define SET_ATTEMPTS(b, times) skip
#else
#define SET_ATTEMPTS(b, times) attempts[b] = times
#ifdef BUG_DEATHS_FORGOTTEN
#define DEATHS 0
#else
#define DEATHS (done[b] < suspects_end[b] -> attempts[b] : 1)
#endif
#ifdef BUG_RESUMED_FROM_THE_START
#define DONE_AT_RESUME 0
#else
#define DONE_AT_RESUME done[b]
#endif
#define RESUME_ORPHAN \
    deaths = DEATHS; \
    suspects_end[b] = done[b] + (singly[b] -> 1 : GROUP); \
    singly[b] = 1; \
    done[b] = DONE_AT_RESUME; \
    if \
    :: deaths >= ATTEMPTS_MAX -> /* give_up_number() */ \
       assert(deaths_on[AT(b, done[b])] >= ATTEMPTS_MAX); \
       verdict[AT(b, done[b])] = 1; \
       final[AT(b, done[b])] = 1; \
       done[b] = done[b] + 1; \
       deaths = 0 \
    :: else \
    fi
#define FORGET_NUMBERS \
    do \
    :: i < NUMBERS -> \
       assert(flight[b] == WITH_SENTINEL || verdict[AT(b, i)]); \
       verdict[AT(b, i)] = 0; \
       final[AT(b, i)] = 0; \
       deaths_on[AT(b, i)] = 0; \
       i++ \
    :: else -> break \
    od; \
    i = 0; deaths = 0; suspects_end[b] = 0; singly[b] = 0; attempts[b] = 0
#endif

/* --- a worker --------------------------------------------------------------------------------- */

/* One step, or the death before it. */
#define STEP(...) \
    if \
    :: atomic { __VA_ARGS__ } \
    :: atomic { crashes > 0 -> crashes--; goto died } \
    fi

proctype Worker(byte me)
{
    byte t, b, n;
    bit last;

end_unborn:
    process[me] == ALIVE;

again: /* worker_loop() */
#if ROLLS > 0
    STEP(if :: dismissed[me] -> goto exits :: else fi); /* [worker_loop.dismissed] */
#endif

pop: /* ring_pop() */
#ifdef BUG_POP_LOADS_HEAD_FIRST
    STEP(n = head);
    STEP(t = tail; if :: t == n -> t = 0; n = 0; goto wait :: else -> n = 0 fi);
#else
    STEP(t = tail); /* [ring_pop.looked] */
    STEP(if :: t == head -> t = 0; goto wait :: else fi);
#endif
    STEP(b = cells[t % CELLS]); /* [ring_pop.cell_read] */
#ifdef BUG_TAIL_BEFORE_CLAIM
    STEP(if :: tail == t -> tail = NEXT(t) :: else fi);
#endif
    STEP(if /* claim_block() */
         :: WAITS_UNDER(t) ->
            assert(holder[b] == NOBODY);
            state[b] = RUNNING; ticket[b] = 0; owner[b] = me; holder[b] = me;
            last = sentinel[b];
            sentinels_claimed = sentinels_claimed + last;
            assert(sentinels_claimed <= sentinels_pushed);
            COUNT_ATTEMPT(b)
         :: else -> t = t + TICKETS /* not won */
         fi); /* [ring_pop.claimed] */
    STEP(if
         :: tail == t % TICKETS HELPS -> assert(tail != head); tail = NEXT(tail)
         :: else
         fi;
         if
         :: t >= TICKETS -> t = 0; b = 0; goto pop
         :: else -> t = 0
         fi;
         if :: last -> goto finish :: else fi); /* [worker_loop.sentinel_claimed] */

work: /* run_block() */
#if NUMBERS == 1
    STEP(if
         :: done[b] == 0 ->
            assert(state[b] == RUNNING && owner[b] == me);
            done[b] = 1
         :: else
         fi); /* [worker.tested], of which nothing can be told, and [worker.done_stored] */
#else
    do
    :: done[b] < NUMBERS;
       n = GROUP_OF(b);
#ifdef BUG_DONE_BEFORE_VERDICT
       STEP(done[b] = done[b] + n);
       STEP(do :: n > 0 -> verdict[AT(b, done[b] - n)] = 1; n-- :: else -> break od);
#else
       STEP(n = n + done[b];
            do
            :: n > done[b] ->
               n--;
               assert(!final[AT(b, n)]);
               verdict[AT(b, n)] = 1
            :: else -> break
            od;
            n = 0); /* [worker.tested] */
       STEP(assert(state[b] == RUNNING && owner[b] == me);
            n = GROUP_OF(b);
            do
            :: n > 0 -> final[AT(b, done[b])] = 1; done[b] = done[b] + 1; n--
            :: else -> break
            od); /* [worker.done_stored] */
#endif
    :: else -> break
    od;
#endif

finish: /* board_finish() */
#ifdef BUG_DONE_AFTER_POST
    STEP(board[b] = 1);
#endif
    STEP(assert(state[b] == RUNNING && owner[b] == me && holder[b] == me);
         state[b] = DONE; holder[b] = NOBODY); /* [board_finish.done] */
#ifndef BUG_DONE_AFTER_POST
    STEP(board[b] = 1; b = 0); /* board_post() [board_post.posted] */
#endif
    STEP(b = 0;
         if /* board_ring_bell() */
         :: bell -> bell = 0
         :: !bell && last -> goto exits
         :: else -> goto again
         fi); /* [board_ring_bell.flag_cleared] */
    STEP(dispatcher_asleep = 0;
         if :: last -> goto exits :: else -> goto again fi);

wait: /* ring_wait() */
#ifndef BUG_FLAG_AFTER_LOOK
    STEP(sleeping[me] = 1); /* [ring_wait.flag_set] */
#endif
#ifndef BUG_SLEEP_WITHOUT_LOOK
    STEP(t = tail); /* [ring_wait.looked] */
    STEP(if :: t == head -> t = 0 :: else -> t = 0; goto awake fi);
#endif
#if ROLLS > 0
#ifndef BUG_SLEEP_THOUGH_DISMISSED
    STEP(if :: dismissed[me] -> goto awake :: else fi);
#endif
#endif
#ifdef BUG_FLAG_AFTER_LOOK
    STEP(sleeping[me] = 1);
#endif
    STEP(if :: sleeping[me] -> asleep[me] = 1 :: else -> goto awake fi); /* futex_wait() */
    STEP(!asleep[me]);
awake: /* [ring_wait.woken] */
    STEP(sleeping[me] = 0; goto again);

died:
    atomic {
        t = 0; last = 0; n = 0; asleep[me] = 0;
        if
        :: holder[b] == me ->
#if NUMBERS > 1
           if
           :: !sentinel[b] && done[b] < NUMBERS ->
              n = done[b];
              do
              :: n < NUMBERS && n < done[b] + (singly[b] -> 1 : GROUP) ->
                 deaths_on[AT(b, n)]++;
                 assert(deaths_on[AT(b, n)] <= ATTEMPTS_MAX + 1);
                 n++
              :: else -> break
              od;
              n = 0
           :: else
           fi;
#endif
           holder[b] = NOBODY
        :: else
        fi;
        b = 0;
exits:
        last = 0;
        process[me] = ZOMBIE;
        goto end_unborn
    }
}

/* --- waking ----------------------------------------------------------------------------------- */

/* ring_wake() of up to `count`, by ring_wake_worker() of each */
inline ring_wake(count)
{
    do
    :: atomic {
           count > 0 && !sleeping[i] ->
           i++;
           if
           :: i == SLOTS -> i = 0; count = 0; break
           :: else
           fi
       }
    :: atomic { count > 0 && sleeping[i] -> sleeping[i] = 0; count-- }; /* [ring_wake.flag_cleared] */
       atomic {
           asleep[i] = 0;
           i++;
           if
           :: i == SLOTS || count == 0 -> i = 0; count = 0; break
           :: else
           fi
       }
    :: atomic { count == 0 -> break }
    od
}

/* board_ring_bell() */
inline board_ring_bell()
{
    if
    :: atomic { bell -> bell = 0 }; dispatcher_asleep = 0
    :: atomic { !bell }
    fi
}

/* --- the dispatcher --------------------------------------------------------------------------- */

/* The first of up to four blocks, or slots, for which `test` holds; any of them with SOME. */
#define EXISTS(count, test) \
    (test(0) || (count > 1 && test(1 % count)) || (count > 2 && test(2 % count)) || \
     (count > 3 && test(3 % count)))
#define SOME(index, count, test) \
    if \
    :: test(0) -> index = 0 \
    :: count > 1 && test(1 % count) -> index = 1 % count \
    :: count > 2 && test(2 % count) -> index = 2 % count \
    :: count > 3 && test(3 % count) -> index = 3 % count \
    fi
#ifdef ANY_BLOCK
#define PICK_BLOCK(index) SOME(index, BLOCKS, IS_FREE)
#else
#define PICK_BLOCK(index) \
    do \
    :: !IS_FREE(index) -> index++ \
    :: else -> break \
    od
#endif
#define IS_FREE(b) (flight[b] == 0)
#define IS_OUT(b) (flight[b] == WITH_NUMBERS)
#define IS_POSTED(b) (board[b])
#define IS_OVERWRITTEN(b) (state[b] == QUEUED && ticket[b] % CELLS == head % CELLS)

/* ring_push() of a block that was made ready in the step before */
inline ring_push(index, times)
{
#ifdef BUG_HEAD_BEFORE_CLAIM
    cells[head % CELLS] = index;
    head = NEXT(head);
    atomic {
        state[index] = QUEUED; ticket[index] = (head + TICKETS - 1) % TICKETS; owner[index] = 0;
        index = 0
    }
#else
    atomic {
        assert((head + TICKETS - tail) % TICKETS <= BLOCKS);
        assert(!EXISTS(BLOCKS, IS_OVERWRITTEN));
        cells[head % CELLS] = index
    }; /* [ring_push.cell_written] */
    atomic {
        SET_ATTEMPTS(index, times);
        state[index] = QUEUED; ticket[index] = head; owner[index] = 0;
        index = 0
    }; /* [ring_push.queued] */
    head = NEXT(head)
#endif
}

/* Push free blocks as sentinels until `sent` is `until`, or none is left. */
inline push_sentinels(until)
{
    do
    :: atomic {
           sent != until && EXISTS(BLOCKS, IS_FREE) -> /* push_sentinel() */
           PICK_BLOCK(b);
           sentinel[b] = 1; flight[b] = WITH_SENTINEL; sentinels_pushed++; sent++; pushed++
       };
       ring_push(b, 0)
    :: atomic { sent == until || !EXISTS(BLOCKS, IS_FREE) -> break }
    od
}

proctype Dispatcher()
{
    byte b, i, pushed, until, sent, deaths;
    byte flight[BLOCKS]; /* what is out in it */
    bit harvested, drains = !DRAINS;
#if NUMBERS > 1
    byte suspects_end[BLOCKS];
#endif

again: /* dispatcher_main() */
#if DRAINS > 0
    drains = draining;
#endif

    atomic { /* harvest_one(): board_take(): the load */
        if
        :: !EXISTS(BLOCKS, IS_POSTED) -> harvested = 0; goto fill
        :: else
        fi;
        harvested = 1;
        do
        :: !board[b] -> b++
        :: else -> break
        od
    };
#ifndef BUG_BIT_TAKEN_LAST
    board[b] = 0;
#endif
    atomic { /* The look at the claim word, and what is done to a block that is ours by that. */
#ifdef BUG_BLIND_HARVEST
        if
        :: flight[b] == 0 -> goto harvested_it
        :: else -> goto collect
        fi;
#endif
        if
        :: state[b] != DONE && state[b] != ORPHANED -> goto harvested_it /* posted twice */
#ifdef BUG_SENTINEL_REPUSHED
        :: state[b] == ORPHANED && flight[b] == WITH_SENTINEL -> goto repush
#endif
        :: state[b] == ORPHANED && flight[b] == WITH_NUMBERS && done[b] < NUMBERS ->
           RESUME_ORPHAN;
           if
           :: done[b] < NUMBERS -> goto repush
           :: else
           fi
        :: else
        fi;
collect: /* collect(), harvest_free() */
        assert(flight[b] != 0);
        if
        :: flight[b] == WITH_NUMBERS -> assert(done[b] == NUMBERS); finished++
        :: else
        fi;
        FORGET_NUMBERS;
        flight[b] = 0; sentinel[b] = 0; done[b] = 0;
        state[b] = FREE; owner[b] = 0; ticket[b] = 0;
        goto harvested_it;
repush:
        pushed = 1;
    };
    ring_push(b, deaths);
    deaths = 0;
    ring_wake(pushed);
    goto fill;
harvested_it:
    atomic {
#ifdef BUG_BIT_TAKEN_LAST
        board[b] = 0;
#endif
        b = 0
    };

fill: /* handout_fill(), which with a drain that leaves the rest in the store is not called */
#if DRAINS > 0
    if
    :: atomic { drains -> goto filled }
    :: atomic { !drains }
    fi;
#endif
#if SHRINKS > 0
    until = wanted_sentinels;
    push_sentinels(until);
    until = 0;
#endif
    do
    :: atomic {
           todo > 0 && EXISTS(BLOCKS, IS_FREE) ->
           PICK_BLOCK(b);
           flight[b] = WITH_NUMBERS; todo--; pushed++
       };
       ring_push(b, 0)
    :: atomic { todo == 0 || !EXISTS(BLOCKS, IS_FREE) -> break }
    od;
    ring_wake(pushed);

filled: /* is_drained() */
    atomic {
        if
        :: drains && !EXISTS(BLOCKS, IS_OUT) && (DRAINS || todo == 0) -> goto close
        :: else
        fi;
        if
        :: harvested -> harvested = 0; goto again
        :: else
        fi;
#ifndef BUG_BELL_FLAG_SET_AFTER_LOOK
        bell = 1 /* board_prepare_wait() */
#endif
    };
#if DRAINS > 0
    if /* has_news() */
    :: atomic { draining != drains -> goto again }
    :: atomic { draining == drains }
    fi;
#endif
#if SHRINKS > 0
    if
    :: atomic { !(DRAINS && drains) && wanted_sentinels != sent && EXISTS(BLOCKS, IS_FREE) -> goto again }
    :: atomic { else }
    fi;
#endif
    if /* board_wait(): has_posts() */
    :: atomic { EXISTS(BLOCKS, IS_POSTED) -> goto awake }
    :: atomic { !EXISTS(BLOCKS, IS_POSTED) }
    fi;
#ifdef BUG_BELL_FLAG_SET_AFTER_LOOK
    bell = 1;
#endif
    if /* futex_wait() */
    :: atomic { bell -> dispatcher_asleep = 1 }; !dispatcher_asleep
    :: atomic { !bell }
    fi;
awake:
    bell = 0;
    goto again;

close: /* close_pool() */
#ifndef BUG_POOL_COUNTED_BEFORE_CLOSING
    closing = 1;
#endif
    until = sent;
    do
    :: atomic { i < SLOTS -> until = until + present[i]; i++ } /* handout_workers() */
    :: atomic { i == SLOTS -> i = 0; break }
    od;
#ifdef BUG_POOL_COUNTED_BEFORE_CLOSING
    closing = 1;
#endif
    push_sentinels(until); /* handout_sentinels() */
    ring_wake(pushed);
    atomic {
        until = 0; sent = 0; front_gone = 1;
        assert(!EXISTS(BLOCKS, IS_OUT));
    }
}

/* --- the supervisor --------------------------------------------------------------------------- */

#define IS_EMPTY(slot) (process[slot] == NONE)
#define IS_ZOMBIE(slot) (process[slot] == ZOMBIE)
#define IS_OLD(slot) (old[slot] && process[slot] != NONE)
#define IS_ITS(b, what) (owner[b] == s && state[b] == what)

/* Where TERM comes at any time, it waits here until nobody is to be replaced, so that a worker that
 * sleeps on although it was dismissed is not helped by its sentinel. */
#if ROLLS > 0
#define IS_ROLLING (leaving != NOBODY || EXISTS(SLOTS, IS_OLD)) /* next_to_leave() */
#else
#define IS_ROLLING false
#endif
/* In a rolling restart the successor comes first, where there is a slot for it. */
#define TARGET (wanted + (IS_ROLLING -> 1 : 0))

proctype Supervisor()
{
    byte s, i, count, live = WORKERS, wanted = WORKERS;
    byte shrinks = SHRINKS, rolls = ROLLS;
#if ROLLS > 0
    bit old[SLOTS];
    byte leaving = NOBODY;
#endif

fill: /* pool_fill() */
    do
    :: atomic {
           live < TARGET && !closing && EXISTS(SLOTS, IS_EMPTY) ->
           SOME(s, SLOTS, IS_EMPTY)
       };
       present[s] = 1; /* start_worker() */
       if
#ifdef BUG_CLOSING_SEEN_BEFORE_SLOT_TAKEN
       :: false -> skip
       :: atomic { process[s] = ALIVE; live++; s = 0 }
#else
       :: atomic { closing }; present[s] = 0; s = 0
       :: atomic { !closing -> process[s] = ALIVE; live++; s = 0 }
#endif
       fi
    :: atomic { live >= TARGET || closing || !EXISTS(SLOTS, IS_EMPTY) -> break }
    od;

#if ROLLS > 0
    if
    :: atomic {
           leaving == NOBODY && EXISTS(SLOTS, IS_OLD) ->
           SOME(s, SLOTS, IS_OLD);
           leaving = s; old[s] = 0;
           dismissed[s] = 1 /* arena_dismiss() */
       };
       if
       :: atomic { sleeping[s] -> sleeping[s] = 0 }; atomic { asleep[s] = 0; s = 0 }
       :: atomic { !sleeping[s] -> s = 0 }
       fi
    :: atomic { else }
    fi;
#endif

    /* Something happens; or a signal that still might come is sure not to. */
    if
    :: atomic {
           EXISTS(SLOTS, IS_ZOMBIE) -> /* pool_reap() */
           SOME(s, SLOTS, IS_ZOMBIE);
#ifdef BUG_FORKED_BEFORE_REAP
           process[s] = ALIVE
#else
           live--; process[s] = NONE; present[s] = 0
#endif
       }
#if SHRINKS > 0
    :: atomic { shrinks > 0 -> shrinks--; goto fill }
    :: atomic { shrinks > 0 && wanted > 1 -> shrinks--; wanted--; wanted_sentinels++ }; /* arena_want_sentinel() */
       board_ring_bell();
       goto fill
#endif
#if ROLLS > 0
    :: atomic { rolls > 0 -> rolls--; goto fill }
    :: atomic {
           rolls > 0 -> /* pool_roll() */
           rolls--;
           do
           :: i < SLOTS -> old[i] = (process[i] != NONE); i++
           :: else -> i = 0; break
           od;
           goto fill
       }
#endif
#if DRAINS > 0
    :: atomic { !draining && !IS_ROLLING -> draining = 1 }; /* arena_set_state() */
       board_ring_bell();
       goto fill
#endif
    :: atomic { live == 0 && front_gone -> goto drained }
    fi;

    /* arena_reap(). What is not the dead worker's will not become so: passed over in one step. */
    do
    :: atomic { i < BLOCKS && !IS_ITS(i, RUNNING) && !IS_ITS(i, DONE) -> i++ }
    :: atomic { i < BLOCKS && IS_ITS(i, DONE) };
#ifndef BUG_REAP_SKIPS_DONE
       board[i] = 1; /* board_post() */
       board_ring_bell();
#endif
       i++
    :: atomic { i < BLOCKS && IS_ITS(i, RUNNING) };
       atomic {
           assert(state[i] == RUNNING && owner[i] == s && holder[i] == NOBODY);
           state[i] = ORPHANED
       }; /* [arena_reap.orphaned] */
       board[i] = 1; /* board_post() */
       board_ring_bell(); /* [arena_reap.posted] */
       i++
    :: atomic { i == BLOCKS -> i = 0; break }
    od;
    atomic { dismissed[s] = 0; sleeping[s] = 0; count = SLOTS }; /* [arena_reap.flag_cleared] */
    /* arena_wake_all() */
#ifdef BUG_REAP_WAKES_NO_WORKER
    count = 0;
#endif
    ring_wake(count);
    board_ring_bell();
#ifndef BUG_REAP_HEEDS_THE_BELL_FLAG
    dispatcher_asleep = 0;
#endif
#if ROLLS > 0
    if
    :: leaving == s -> leaving = NOBODY
    :: else
    fi;
    old[s] = 0;
#endif
    s = 0;
    goto fill;

drained:
    atomic {
        assert(todo + finished == JOBS);
        assert(DRAINS || finished == JOBS);
        do
        :: i < BLOCKS ->
           assert(state[i] == FREE || (sentinel[i] && state[i] != RUNNING));
           i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < SLOTS -> assert(!present[i] && !asleep[i]); i++
        :: else -> break
        od
    }
}

init
{
    atomic {
        byte i;
        do
        :: i < SLOTS ->
           if
           :: i < WORKERS -> process[i] = ALIVE; present[i] = 1
           :: else
           fi;
           run Worker(i);
           i++
        :: else -> break
        od;
        draining = !DRAINS;
        run Dispatcher();
        run Supervisor()
    }
}
