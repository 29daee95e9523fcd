#!/usr/bin/perl
# primes FILE - have primed test the integers in a file, one a line, and print the primes.
#
# Needs nothing but Perl. PRIMED_URL says where the service is, PRIMED_TOKEN holds its token, if it asks for one.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use List::Util qw(max min);
use Math::BigInt;
use Time::HiRes qw(sleep time);

my $url = $ENV{PRIMED_URL} // 'http://127.0.0.1:8080';
my $patience_s = 60;    # how long to try again
my $http = HTTP::Tiny->new(timeout => 90, verify_SSL => 1);    # waits and streams are never silent for so long

# What an answer with an error says, in one line.
sub explain {
    my ($answer) = @_;
    return "$url: $answer->{content}" if $answer->{status} == 599;    # HTTP::Tiny's way to say: no answer
    my $problem = eval { decode_json($answer->{content}) } or return "status $answer->{status}";
    my @details = map { join ' ', grep { defined } $_->{pointer}, $_->{detail} } @{$problem->{errors} // []};
    return "$problem->{title}: " . (join('; ', @details) || $problem->{detail});
}

# The answer to a call, which is made again while nobody answers or the service is busy. The body of an answer goes to
# $options->{data_callback}, line by line, or is in its `content`.
sub call {
    my ($method, $path, $options) = @_;
    $options->{headers}{Authorization} = "Bearer $ENV{PRIMED_TOKEN}" if $ENV{PRIMED_TOKEN};
    my ($pause, $deadline) = (0.1, time + $patience_s);
    while (1) {
        my $answer = $http->request($method, $url . $path, $options);
        return $answer if $answer->{success};
        die "the answer broke off\n" if $answer->{status} == 599 && $options->{begun};
        my $after = $answer->{headers}{'retry-after'};
        # 409 with Retry-After: the first request with this key is still being worked on.
        die explain($answer) . "\n" if $answer->{status} !~ /^(429|502|503|504|599)$/ && !($answer->{status} == 409 && $after);
        my $wait = max($after // 0, $pause * (0.5 + rand(0.5)));
        die explain($answer) . "\n" if time + $wait > $deadline;
        sleep $wait;
        $pause = min(2 * $pause, 5);
    }
}

# Call $each with every line of an answer, as it comes.
sub each_line {
    my ($path, $each) = @_;
    my $rest = '';
    my %options;
    $options{data_callback} = sub {
        my ($piece, $answer) = @_;
        if ($answer->{status} != 200) {    # not a line of it, but why there are none
            $answer->{content} .= $piece;
            return;
        }
        $options{begun} = 1;
        $rest .= $piece;
        $each->($1) while $rest =~ s/^(.*)\n//;
    };
    call('GET', $path, \%options);
}

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub run {
    my ($path) = @_;
    # The key makes sure that it is one batch, however often it is sent.
    open my $random, '<', '/proc/sys/kernel/random/uuid' or die "no random key: $!\n";
    chomp(my $key = <$random>);
    my $answer = call('POST', '/v1/batches',
        {content => slurp($path), headers => {'Content-Type' => 'text/plain', 'Idempotency-Key' => $key}});
    my $links = decode_json($answer->{content})->{links};

    # Progress comes as server-sent events.
    each_line("$links->{self}/events", sub {
        my $batch = $_[0] =~ /^data: (.*)/ ? decode_json($1) : return;
        printf STDERR "\r%3d%% of %d numbers", 100 * $batch->{progress}, $batch->{counts}{total};
    });
    print STDERR "\n";

    my ($count, $largest) = (0, Math::BigInt->new(0));
    each_line("$links->{results}?format=ndjson&only=prime", sub {
        my $n = Math::BigInt->new(decode_json($_[0])->{n});
        print "$n\n";
        $count++;
        $largest = $n if $n > $largest;
    });
    print STDERR "$count primes, the largest ", $count ? $largest : 'none', "\n";
}

die "usage: primes.pl FILE\n" if @ARGV != 1;
$| = 1;
eval { run(@ARGV); 1 } or do {
    print STDERR "primes: $@";
    exit 1;
};
