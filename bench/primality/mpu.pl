# Times Math::Prime::Util: reads lines of numbers, answers each with nanoseconds and the primes among them.
use strict;
use warnings;
use Math::Prime::Util 'is_prime';
use Time::HiRes 'clock_gettime', 'CLOCK_PROCESS_CPUTIME_ID';

$| = 1;
while (my $line = <STDIN>) {
    my @numbers = map { int } split ' ', $line;
    my $primes = 0;
    my $start = clock_gettime(CLOCK_PROCESS_CPUTIME_ID);
    for my $n (@numbers) { $primes++ if is_prime($n) }
    my $ns = 1e9 * (clock_gettime(CLOCK_PROCESS_CPUTIME_ID) - $start);
    print "$ns $primes\n";
}
