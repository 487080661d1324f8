create table entrepot.jeu_regles (
    empreinte char(64) primary key,
    applique_le timestamptz not null default clock_timestamp()
);
comment on table entrepot.jeu_regles is 'Jeux de règles appliqués, par leur empreinte ; le dernier appliqué est celui d''aujourd''hui.';

create table entrepot.regle (
    empreinte char(64) not null references entrepot.jeu_regles,
    regle text not null,
    garde text not null check (garde in ('retours', 'listes', 'parution', 'lecture')),
    table_gardee text,
    severite text not null,
    qui_corrige text not null,
    phrase text not null,
    raison text not null,
    depuis text not null,
    primary key (empreinte, regle)
);
comment on table entrepot.regle is 'Règles de chaque jeu, telles que les fichiers du dossier expectations/ les écrivent.';
comment on column entrepot.regle.garde is 'Ce qu''elle garde : cases des retours, listes de l''équipe nationale, marts d''une parution, ou lecture des fichiers.';
comment on column entrepot.regle.table_gardee is 'Table que lit la règle ; vide pour la lecture des fichiers.';
comment on column entrepot.regle.phrase is 'Phrase que lit le destinataire ; « … » à la place de ce que chaque constat précise.';

create table entrepot.passage (
    passage_id bigint generated always as identity primary key,
    empreinte char(64) references entrepot.jeu_regles,
    parution_id bigint unique references entrepot.parution,
    recepisses integer check ((recepisses is null) = (parution_id is not null)),
    fait_le timestamptz default clock_timestamp()
);
comment on table entrepot.passage is
'Passages des règles : sur des retours préparés (recepisses : combien), ou sur la parution candidate (parution_id).';
comment on column entrepot.passage.empreinte is 'Jeu de règles du passage ; vide pour un audit d''avant cette table.';

create table entrepot.resultat (
    passage_id bigint not null references entrepot.passage on delete cascade,
    regle text not null,
    champ text,
    table_gardee text not null,
    lignes bigint,
    en_defaut bigint,
    reussi boolean not null,
    observe text,
    message text,
    unique nulls not distinct (passage_id, regle, champ)
);
create index on entrepot.resultat (regle);
comment on table entrepot.resultat is
'Ce que chaque règle (et chaque champ qu''elle regarde) a donné à chaque passage, réussie ou non : une règle absente n''y a pas été contrôlée.';
comment on column entrepot.resultat.lignes is 'Lignes regardées de la table gardée ; vide si l''audit n''a pas pu les compter.';
comment on column entrepot.resultat.en_defaut is 'Lignes en défaut, là où la règle en compte.';
comment on column entrepot.resultat.observe is 'Ce qui a été observé par une règle d''audit.';
comment on column entrepot.resultat.message is 'Phrase d''une règle d''audit, avec ce qui a été observé.';

create table entrepot.retour_controle (
    recepisse_id bigint primary key references entrepot.recepisse,
    passage_id bigint not null references entrepot.passage,
    cellules integer not null,
    lignes jsonb not null
);
comment on table entrepot.retour_controle is
'Dernier passage des règles sur chaque récépissé : un récépissé absent n''a pas été contrôlé par les règles d''aujourd''hui.';
comment on column entrepot.retour_controle.cellules is 'Cases remplies du gabarit, contacts et identification mis à part.';
comment on column entrepot.retour_controle.lignes is 'Lignes regardées de chaque table gardée ; une table absente n''en avait aucune.';

insert into entrepot.passage (parution_id, fait_le)
select parution_id, null from (select distinct parution_id from entrepot.controle_audit) as audits;
insert into entrepot.resultat (passage_id, regle, table_gardee, reussi, observe, message)
select passage_id, regle, mart, reussi, observe, message
from entrepot.controle_audit inner join entrepot.passage using (parution_id);
drop table entrepot.controle_audit;

-- Everything is checked again, which says what is looked at.
delete from entrepot.methode where partie = 'controle';

create table entrepot.silence (
    silence_id bigint generated always as identity primary key,
    regle text not null,
    trimestre text check (trimestre ~ '^20[0-9]{2}-T[1-4]$'),
    depuis timestamptz not null default clock_timestamp(),
    jusqu_au date not null,
    motif text not null check (btrim(motif) <> ''),
    service text not null check (btrim(service) <> ''),
    leve_le timestamptz
);
comment on table entrepot.silence is 'Règles dont les changements d''état ne sont pas dits, jusqu''à un jour (compris), et pourquoi.';
comment on column entrepot.silence.service is 'Service qui l''a décidé ; jamais une personne.';
comment on column entrepot.silence.leve_le is 'Levé avant son terme.';

create table entrepot.avis (
    avis_id bigint generated always as identity primary key,
    canal text not null check (canal in ('courriel', 'webhook')),
    destinataire text not null,
    cree_le timestamptz not null default clock_timestamp(),
    dit_le timestamptz
);
create unique index on entrepot.avis (canal, destinataire) where dit_le is null;
comment on table entrepot.avis is
'Avis de changement d''état des règles : inscrits avant l''envoi, dits une fois ; vide tant que le serveur ne l''a pas pris.';
comment on column entrepot.avis.destinataire is 'Contact de alertes.yaml, ou « webhook » ; jamais une adresse.';

create table entrepot.avis_regle (
    avis_id bigint not null references entrepot.avis on delete cascade,
    regle text not null,
    trimestre text,
    avant text not null,
    apres text not null,
    unique nulls not distinct (avis_id, regle, trimestre)
);
create index on entrepot.avis_regle (regle, trimestre);
comment on table entrepot.avis_regle is 'Ce que dit chaque avis : l''état de chaque règle (et trimestre), de quoi à quoi.';
