create table entrepot.levee (
    levee_id bigint generated always as identity primary key,
    recepisse_id bigint not null references entrepot.recepisse,
    reference text not null,
    motif text not null check (btrim(motif) <> ''),
    compte text not null,
    levee_le timestamptz not null default clock_timestamp(),
    check (reference ~ '^R[0-9]+-[0-9A-F]{10}$')
);
create index on entrepot.levee (recepisse_id);
comment on table entrepot.levee is
'Constats levés par l''ANCT : la levée vaut pour les envois suivants tant que la valeur vue est la même.';
comment on column entrepot.levee.recepisse_id is 'Récépissé où se trouve le constat levé.';
comment on column entrepot.levee.reference is
'Référence du constat : le récépissé et l''empreinte de sa règle, de sa place et de sa valeur, qu''un nouveau contrôle ne change pas.';
comment on column entrepot.levee.compte is 'Compte du système qui a exécuté la commande ; n''atteint aucun mart.';
